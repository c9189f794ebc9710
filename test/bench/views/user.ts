import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import type { Contestant, View } from "../compare.ts";
import { loopContestant } from "../compare.ts";
import { clientSide, connectClient, grpcClient, loadServer } from "../databases/entdb-client.ts";
import { startBenchServer } from "../databases/entdb-server.ts";
import {
  loadPostgres,
  pooledSessions,
  postgresDurability,
  postgresSide,
} from "../databases/postgres.ts";
import type { Loaded } from "../scenarios/scenario.ts";
import type { Peer } from "./peer.ts";

/** Both as a program in TypeScript uses them: a client library over loopback TCP. */
export async function openUser(
  loaded: Loaded,
  peer: Peer,
  opened: AsyncDisposableStack,
): Promise<View> {
  const server = opened.use(await startBenchServer(opened.use(temporaryDirectory()).path));
  const grpc = grpcClient(server.grpcUrl);
  await loadServer(grpc, loaded.people);
  const contestants: Contestant[] = [
    loopContestant(clientSide("EntDB, gRPC client", grpc), loaded),
    loopContestant(
      clientSide("EntDB, Connect client", connectClient(server.httpUrl || server.grpcUrl)),
      loaded,
    ),
  ];
  const postgres = await peer(opened);
  if (postgres !== undefined) {
    await loadPostgres(postgres, loaded.people);
    const durability = await postgresDurability(postgres);
    contestants.push(
      loopContestant(
        postgresSide(postgres, "PostgreSQL", durability, "tcp", pooledSessions),
        loaded,
      ),
    );
  }
  const title = "As a user: client libraries in one process, over loopback TCP";
  return { name: "user", title, contestants };
}
