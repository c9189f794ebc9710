/**
 * The executable on a real Kafka, through faults: no acknowledged write is lost, none is there
 * twice. Goal: at least fifty histories in every run of continuous integration. Method: the
 * faults of a table in turns, at random moments, on one log per cluster, with everything that
 * was acknowledged checked after each. `KAFKA_HISTORIES=N` multiplies them, `SEED` replays.
 */
import { expect, test } from "bun:test";
import {
  CLUSTER_FAULTS,
  type KafkaScene,
  SINGLE_BROKER_FAULTS,
} from "../fault/services/kafka-faults.ts";
import { kafkaHistory } from "../fault/services/kafka-history.ts";
import type { FaultOf } from "../fault/services/server-faults.ts";
import { SeededRandom } from "../harness/seeded-random.ts";
import { temporaryDirectory } from "../harness/temporary-directory.ts";
import { startKafka } from "./kafka.ts";

const TIMES = Number(process.env["KAFKA_HISTORIES"] ?? "1");
const SEED = Number(process.env["SEED"] ?? Date.now() % 1_000_000_007);
const TIMEOUT_MS = TIMES * 600_000;

/** One after the other, each so often. Answers how many there were and how many transactions they acknowledged. */
async function histories(
  nodes: 1 | 3,
  faults: Readonly<Record<string, FaultOf<KafkaScene>>>,
  rounds: number,
): Promise<number> {
  await using kafka = await startKafka({ nodes });
  using directory = temporaryDirectory();
  const random = new SeededRandom(SEED);
  const cwd = directory.path;
  await using history = kafkaHistory({ kafka, topic: "histories", cwd, random });
  const count = await history.run(faults, rounds);
  const acknowledged = history.journal.answered().length;
  process.stderr.write(
    `${count} histories on ${nodes} broker(s), seed ${SEED}: ${acknowledged} transactions acknowledged, none lost, none twice\n`,
  );
  return count;
}

test(
  "one broker: the server, its data, the broker, and both",
  async () => {
    expect(await histories(1, SINGLE_BROKER_FAULTS, 5 * TIMES)).toBe(30 * TIMES);
  },
  TIMEOUT_MS,
);

test(
  "three brokers: leaders lost and found, and more lost than the log can do without",
  async () => {
    expect(await histories(3, CLUSTER_FAULTS, 3 * TIMES)).toBe(24 * TIMES);
  },
  TIMEOUT_MS,
);
