import { Kafka as KafkaClient, logLevel } from "kafkajs";
import { systemClock } from "../../../src/base/clock.ts";
import { systemRandom } from "../../../src/base/random.ts";
import { openWal } from "../../../src/wal/open-wal.ts";
import { RECORD_TYPE } from "../../../src/wal/wal.ts";
import { kafkaSettingsOf } from "../../harness/kafka-settings.ts";
import { startKafka } from "../../services/kafka.ts";
import { type Budget, closedLoop, spreadOf } from "../measure.ts";
import type { BenchOptions } from "../options.ts";
import type { Probe } from "../report.ts";

/**
 * What the log in Kafka costs over Kafka itself: the same batches sent by kafkajs' own producer
 * (idempotent, acks=all, one send in flight) and appended to the log, in turns, on one broker on
 * this machine. A batch counts when it is acknowledged.
 */
const BATCHES = [1, 10, 100, 1_000];
const BODY_BYTES = 200;

type SendBatch = (records: number) => Promise<unknown>;

export async function probeKafka({ smoke, rounds, budget }: BenchOptions): Promise<Probe[]> {
  await using parts = new AsyncDisposableStack();
  const { brokers } = parts.use(await startKafka());
  const sides = [await openProducer(brokers, parts), await openLog(brokers, parts)] as const;
  const probes: Probe[] = [];
  for (const records of smoke ? BATCHES.slice(0, 2) : BATCHES) {
    for (const send of sides) await closedLoop(() => sent(send, records), 1, { calls: 20 });
    const alone: number[] = [];
    const ours: number[] = [];
    for (let round = 0; round < rounds; round++) {
      alone.push(await recordsPerSecond(sides[0], records, budget));
      ours.push(await recordsPerSecond(sides[1], records, budget));
    }
    const ratios = ours.map((value, i) => (100 * value) / (alone[i] as number));
    const what = `Kafka: the log, ${records} record(s) a batch`;
    const common = { probe: "kafka", samples: rounds };
    probes.push(
      { ...common, what, unit: "records/s", value: spreadOf(ours), goal: undefined },
      {
        ...common,
        what: `${what}, of what kafkajs alone reaches`,
        unit: "%",
        value: spreadOf(ratios),
        goal: "> 60",
      },
    );
  }
  return probes;
}

async function openProducer(brokers: string, parts: AsyncDisposableStack): Promise<SendBatch> {
  const client = new KafkaClient({ brokers: brokers.split(","), logLevel: logLevel.NOTHING });
  const admin = client.admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic: "alone" }] });
  await admin.disconnect();
  const producer = client.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
  });
  await producer.connect();
  parts.defer(() => producer.disconnect());
  const value = Buffer.alloc(BODY_BYTES, "x");
  return (records) =>
    producer.send({
      topic: "alone",
      acks: -1,
      messages: Array.from({ length: records }, () => ({ key: null, value, partition: 0 })),
    });
}

async function openLog(brokers: string, parts: AsyncDisposableStack): Promise<SendBatch> {
  const wal = await openWal({
    kind: "kafka",
    topic: "entdb-wal",
    partition: 0,
    clock: systemClock,
    random: systemRandom,
    kafka: kafkaSettingsOf(brokers),
  });
  parts.defer(() => wal.close());
  const body = Buffer.alloc(BODY_BYTES, "x");
  return (records) =>
    Promise.all(Array.from({ length: records }, () => wal.append(RECORD_TYPE.record, body)));
}

async function recordsPerSecond(send: SendBatch, records: number, budget: Budget): Promise<number> {
  const { callsPerSecond } = await closedLoop(() => sent(send, records), 1, budget);
  return callsPerSecond * records;
}

async function sent(send: SendBatch, records: number): Promise<void> {
  await send(records);
}
