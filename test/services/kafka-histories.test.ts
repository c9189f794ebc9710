/**
 * The executable on a real Kafka, through faults: no acknowledged write is lost, none is there
 * twice. Goal: at least fifty histories in every run of continuous integration. Method: the
 * scenarios of the fault harness. `KAFKA_HISTORIES=N` multiplies them, `SEED` replays.
 */
import { expect, test } from "bun:test";
import { kafkaBroker, kafkaCluster } from "../fault/services/kafka-histories.ts";
import { SeededRandom } from "../harness/seeded-random.ts";

const TIMES = Number(process.env["KAFKA_HISTORIES"] ?? "1");
const SEED = Number(process.env["SEED"] ?? Date.now() % 1_000_000_007);
const TIMEOUT_MS = TIMES * 600_000;

test.each([kafkaBroker, kafkaCluster])(
  "$name",
  async (scenario) => {
    const cycles = scenario.cycles * TIMES;
    const { faults, acknowledged } = await scenario.run({ cycles, random: new SeededRandom(SEED) });
    expect(faults).toBe(cycles);
    process.stderr.write(
      `${scenario.name}: ${faults} histories, seed ${SEED}: ${acknowledged} transactions acknowledged, none lost, none twice\n`,
    );
  },
  TIMEOUT_MS,
);
