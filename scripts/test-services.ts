/**
 * `bun run test:services`: the tests against real parts (Kafka, Kinesis, an S3 service), which are downloaded
 * or built once into a cache outside the tree. Arguments go to `bun test`; paths among them
 * replace the default one.
 */
import { ensureInstalled } from "./ensure-installed.ts";
import { succeeds } from "./run.ts";

const TIMEOUT_MS = 300_000;

ensureInstalled();
const given = process.argv.slice(2);
const paths = given.some((argument) => !argument.startsWith("-")) ? [] : ["./test/services"];
const passed = await succeeds([
  ...[process.execPath, "test", `--timeout=${TIMEOUT_MS}`, "--only-failures"],
  ...given,
  ...paths,
]);
process.exit(passed ? 0 : 1);
