import { cpus } from "node:os";
import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import type { Postgres } from "../../services/postgres.ts";
import type { Contestant, View } from "../compare.ts";
import {
  clientSide,
  grpcClient,
  loadServer,
  SERVER_DURABILITY,
} from "../databases/entdb-client.ts";
import { startBenchServer } from "../databases/entdb-server.ts";
import { loadPostgres, postgresDurability, postgresSide } from "../databases/postgres.ts";
import { answerBytes, h2load } from "../generators/h2load.ts";
import { pgbench } from "../generators/pgbench.ts";
import type { Side } from "../graph-database.ts";
import type { Loaded, Scenario } from "../scenarios/scenario.ts";
import type { Peer } from "./peer.ts";
import { callOf, FIELDS, scriptOf } from "./wire.ts";

/**
 * Both servers without a client library: each under the best load generator of its protocol,
 * server and generator on processors of their own.
 */
export async function openServerAlone(
  loaded: Loaded,
  peer: Peer,
  opened: AsyncDisposableStack,
): Promise<View> {
  const [serverCpu, generatorCpu] = cpus().length > 1 ? ["0", "1"] : [undefined, undefined];
  const directory = opened.use(temporaryDirectory()).path;
  const server = opened.use(await startBenchServer(directory, serverCpu));
  const client = grpcClient(server.grpcUrl);
  await loadServer(client, loaded.people);
  const entdb = clientSide("EntDB, gRPC from h2load", client);
  const contestants = [entdbContestant(server.grpcUrl, entdb, loaded, directory, generatorCpu)];
  const postgres = await peer(opened, serverCpu);
  if (postgres !== undefined) {
    await loadPostgres(postgres, loaded.people);
    const durability = await postgresDurability(postgres);
    const side = postgresSide(postgres, "PostgreSQL from pgbench", durability, "tcp", () => 1);
    contestants.push(postgresContestant(postgres, side, loaded, directory, generatorCpu));
  }
  const where =
    serverCpu === undefined ? "" : ", each server on one processor, its generator on another";
  return {
    name: "server",
    title: `Servers alone: load generators over loopback TCP${where}`,
    contestants,
  };
}

function entdbContestant(
  url: string,
  side: Side,
  loaded: Loaded,
  directory: string,
  cpu: string | undefined,
): Contestant {
  return {
    side: side.name,
    durability: SERVER_DURABILITY,
    joins: () => true,
    enter: async (scenario, inFlight) => {
      await checkOnce(side, scenario, loaded);
      const call = { url, ...callOf(scenario) };
      const known = { ...call, answerBytes: await answerBytes(call) };
      return {
        measure: (budget) => h2load(known, inFlight, budget, directory, cpu),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
    },
  };
}

function postgresContestant(
  server: Postgres,
  side: Side,
  loaded: Loaded,
  directory: string,
  cpu: string | undefined,
): Contestant {
  let runs = 0;
  return {
    side: side.name,
    durability: side.durability,
    joins: () => true,
    enter: async (scenario, inFlight) => {
      await checkOnce(side, scenario, loaded);
      const script = scriptOf(scenario);
      return {
        measure: (budget) => {
          const variables = { run: `${loaded.run}x${runs++}`, fields: FIELDS };
          return pgbench(server, script, { inFlight, budget, directory, variables, cpu });
        },
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
    },
  };
}

/** The generators do not look into answers; here one of each kind is. */
async function checkOnce(side: Side, scenario: Scenario, loaded: Loaded): Promise<void> {
  await using database = await side.connect(1, scenario.kind);
  const run = `${loaded.run}-${Bun.randomUUIDv7("hex")}`;
  await scenario.call(database, 0, { ...loaded, run });
}
