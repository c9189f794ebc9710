/**
 * The executable with its archive and snapshots in a real bucket behind a bad network. Goal: what
 * was acknowledged comes back out of the bucket alone. Method: a scenario of the fault harness;
 * `SEED` replays.
 */
import { expect, test } from "bun:test";
import { s3Histories } from "../fault/services/s3-histories.ts";
import { SeededRandom } from "../harness/seeded-random.ts";

const SEED = Number(process.env["SEED"] ?? Date.now() % 1_000_000_007);

test(`archive and snapshots over a bad network (seed ${SEED})`, async () => {
  const { cycles } = s3Histories;
  const { faults, acknowledged } = await s3Histories.run({
    cycles,
    random: new SeededRandom(SEED),
  });
  expect(faults).toBeGreaterThan(cycles);
  expect(acknowledged).toBeGreaterThan(cycles);
}, 600_000);
