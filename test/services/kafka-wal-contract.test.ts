/** The contract of the log, over a real Kafka: each log is a topic of its own. */
import { afterAll, beforeAll } from "bun:test";
import { openWal } from "../../src/wal/open-wal.ts";
import { walContract } from "../contract/wal.ts";
import { kafkaSettingsOf } from "../harness/kafka-settings.ts";
import { type Kafka, startKafka } from "./kafka.ts";

let service: Kafka | undefined;
let logs = 0;

beforeAll(async () => {
  service = await startKafka();
});
afterAll(() => service?.[Symbol.asyncDispose]());

const kafkaOf = (partition: number) =>
  kafkaSettingsOf(service?.brokers ?? "", { partitions: partition + 1 });

walContract({
  name: "the log in Kafka",
  open: (options) =>
    openWal({
      ...options,
      kind: "kafka",
      topic: `${options.topic}-${logs++}`,
      kafka: kafkaOf(options.partition),
    }),
  reopen: ({ topic }, options) =>
    openWal({ ...options, kind: "kafka", topic, kafka: kafkaOf(options.partition) }),
});
