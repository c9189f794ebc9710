/**
 * The executable on a Kinesis of our own, through faults: no acknowledged write is lost, none is
 * there twice. Goal: more than twenty histories in every run. Method: the scenario of the fault
 * harness. `KINESIS_HISTORIES=N` multiplies them, `SEED` replays.
 */
import { expect, test } from "bun:test";
import { kinesis } from "../fault/services/kinesis-histories.ts";
import { SeededRandom } from "../harness/seeded-random.ts";

const TIMES = Number(process.env["KINESIS_HISTORIES"] ?? "1");
const SEED = Number(process.env["SEED"] ?? Date.now() % 1_000_000_007);

test(
  "the server, its data, and its requests to Kinesis",
  async () => {
    const cycles = kinesis.cycles * TIMES;
    const { faults, acknowledged } = await kinesis.run({ cycles, random: new SeededRandom(SEED) });
    process.stderr.write(
      `${faults} histories on Kinesis, seed ${SEED}: ${acknowledged} transactions acknowledged, none lost, none twice\n`,
    );
    expect(faults).toBeGreaterThan(20 * TIMES);
  },
  TIMES * 600_000,
);
