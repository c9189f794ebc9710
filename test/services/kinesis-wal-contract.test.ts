/** The contract of the log, over a Kinesis of our own: each log is a stream of its own. */
import { afterAll, beforeAll } from "bun:test";
import { openWal } from "../../src/wal/open-wal.ts";
import { walContract } from "../contract/wal.ts";
import { kinesisSettingsOf } from "../harness/kinesis-settings.ts";
import { type Kinesis, startKinesis } from "./kinesis.ts";

let service: Kinesis | undefined;
let logs = 0;

beforeAll(async () => {
  service = await startKinesis();
  Object.assign(process.env, service.environment);
});
afterAll(() => service?.[Symbol.asyncDispose]());

const kinesisOf = (partition: number) =>
  kinesisSettingsOf(service?.endpoint ?? "", { partitions: partition + 1 });

walContract({
  name: "the log in Kinesis",
  open: (options) =>
    openWal({
      ...options,
      kind: "kinesis",
      topic: `${options.topic}-${logs++}`,
      kinesis: kinesisOf(options.partition),
    }),
  reopen: ({ topic }, options) =>
    openWal({ ...options, kind: "kinesis", topic, kinesis: kinesisOf(options.partition) }),
});
