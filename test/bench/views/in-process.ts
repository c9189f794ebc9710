import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import type { Contestant, View } from "../compare.ts";
import { loopContestant } from "../compare.ts";
import { engineSide, loadEngine, openBenchPartition } from "../databases/entdb-engine.ts";
import {
  loadPostgres,
  MOST_SESSIONS,
  pooledSessions,
  postgresDurability,
  postgresSide,
  type Sessions,
} from "../databases/postgres.ts";
import type { Loaded } from "../scenarios/scenario.ts";
import type { Peer } from "./peer.ts";

/** The engine in the process that asks, against PostgreSQL over its Unix socket. */
export async function openInProcess(
  loaded: Loaded,
  peer: Peer,
  opened: AsyncDisposableStack,
): Promise<View> {
  const directory = opened.use(temporaryDirectory());
  const partition = await openBenchPartition(directory.path);
  opened.defer(() => partition.stop());
  await loadEngine(partition.engine, loaded.people);
  const contestants: Contestant[] = [loopContestant(engineSide(partition.engine), loaded)];
  const server = await peer(opened);
  if (server !== undefined) {
    await loadPostgres(server, loaded.people);
    const durability = await postgresDurability(server);
    const side = (name: string, sessions: Sessions) =>
      postgresSide(server, name, durability, "socket", sessions);
    contestants.push(
      loopContestant(side("PostgreSQL", pooledSessions), loaded),
      loopContestant(
        side("PostgreSQL, a session for each caller", (inFlight) => inFlight),
        loaded,
        (inFlight) => inFlight > MOST_SESSIONS,
      ),
    );
  }
  const title = "In process: the engine against PostgreSQL over its Unix socket";
  return { name: "in-process", title, contestants };
}
