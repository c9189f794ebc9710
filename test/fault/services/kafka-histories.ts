import type { SeededRandom } from "../../harness/seeded-random.ts";
import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import { startKafka } from "../../services/kafka.ts";
import type { Scenario, Tally } from "../scenario.ts";
import { CLUSTER_FAULTS, type KafkaScene, SINGLE_BROKER_FAULTS } from "./kafka-faults.ts";
import { kafkaHistory } from "./kafka-history.ts";
import type { FaultOf } from "./server-faults.ts";

/** The server, its data, the broker, and both; resends to a broker that hung. */
export const kafkaBroker: Scenario = {
  name: "services/kafka-broker",
  kind: "other faults",
  cycles: 30,
  needsService: true,
  run: ({ cycles, random }) => histories(1, SINGLE_BROKER_FAULTS, cycles, random),
};

/** Leaders lost and found, and more brokers lost than the log can do without. */
export const kafkaCluster: Scenario = {
  name: "services/kafka-cluster",
  kind: "other faults",
  cycles: 24,
  needsService: true,
  run: ({ cycles, random }) => histories(3, CLUSTER_FAULTS, cycles, random),
};

/** All faults in turns, in as many whole rounds as there are cycles for. */
async function histories(
  nodes: 1 | 3,
  faults: Readonly<Record<string, FaultOf<KafkaScene>>>,
  cycles: number,
  random: SeededRandom,
): Promise<Tally> {
  await using kafka = await startKafka({ nodes });
  using directory = temporaryDirectory();
  const cwd = directory.path;
  await using history = kafkaHistory({ kafka, topic: "histories", cwd, random });
  const count = await history.run(faults, Math.ceil(cycles / Object.keys(faults).length));
  return { faults: count, acknowledged: history.journal.answered().length };
}
