/**
 * The executable on a Kinesis of our own, through faults: no acknowledged write is lost, none is
 * there twice. Goal: more than twenty histories in every run. Method: the faults of a table in
 * turns, at random moments, with everything that was acknowledged checked after each.
 * `KINESIS_HISTORIES=N` multiplies them, `SEED` replays.
 */
import { expect, test } from "bun:test";
import { KINESIS_FAULTS, type KinesisScene } from "../fault/services/kinesis-faults.ts";
import { LogHistory } from "../fault/services/log-history.ts";
import { SeededRandom } from "../harness/seeded-random.ts";
import { temporaryDirectory } from "../harness/temporary-directory.ts";
import { startFaultyProxy } from "./faulty-proxy.ts";
import { startKinesis } from "./kinesis.ts";

const TIMES = Number(process.env["KINESIS_HISTORIES"] ?? "1");
const SEED = Number(process.env["SEED"] ?? Date.now() % 1_000_000_007);
const ROUNDS = 2;

test(
  "the server, its data, and its requests to Kinesis",
  async () => {
    await using kinesis = await startKinesis();
    await using proxy = await startFaultyProxy(kinesis.endpoint);
    using directory = temporaryDirectory();
    await using history = new LogHistory<KinesisScene>({
      cwd: directory.path,
      random: new SeededRandom(SEED),
      env: {
        ENTDB_WAL: "kinesis",
        ENTDB_KINESIS_ENDPOINT: proxy.url,
        ENTDB_KINESIS_REGION: kinesis.region,
        ...kinesis.environment,
      },
      sceneOf: (scene) => ({ ...scene, proxy }),
    });
    const count = await history.run(KINESIS_FAULTS, ROUNDS * TIMES);
    const acknowledged = history.journal.answered().length;
    process.stderr.write(
      `${count} histories on Kinesis, seed ${SEED}: ${acknowledged} transactions acknowledged, none lost, none twice\n`,
    );
    expect(count).toBeGreaterThan(20 * TIMES);
  },
  TIMES * 600_000,
);
