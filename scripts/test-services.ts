/**
 * `bun run test:services`: the tests against real parts (Kafka, Kinesis, an S3 service), which are
 * downloaded or built once into a cache outside the tree. Arguments go to `bun test`; paths among
 * them replace the default, which is all of them in two processes at once: the histories of Kafka
 * mostly wait for brokers to be missed, and the others have the processor meanwhile.
 */
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { kafkaJars } from "../test/services/kafka-jars.ts";
import { ensureInstalled, ROOT } from "./ensure-installed.ts";
import { printSkipped, SERVICES_REPORTS } from "./junit.ts";
import { succeeds } from "./run.ts";

const TIMEOUT_MS = 300_000;
const FOLDER = "test/services";
const LONGEST = "kafka-histories.test.ts";

ensureInstalled();
const given = process.argv.slice(2);
const hasPaths = given.some((argument) => !argument.startsWith("-"));
process.exit((await (hasPaths ? bunTest(given) : testAll())) ? 0 : 1);

async function testAll(): Promise<boolean> {
  // Both lanes want it, and would both download it.
  await kafkaJars();
  const names = readdirSync(join(ROOT, FOLDER)).filter((name) => name.endsWith(".test.ts"));
  const lanes = [[LONGEST], names.filter((name) => name !== LONGEST)];
  const passed = await Promise.all(
    lanes.map((lane, i) => testLane(lane, SERVICES_REPORTS[i] ?? "")),
  );
  return passed.every(Boolean);
}

async function testLane(names: readonly string[], report: string): Promise<boolean> {
  mkdirSync(dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const passed = await bunTest([
    ...["--reporter=junit", `--reporter-outfile=${report}`, ...given],
    ...names.map((name) => `./${FOLDER}/${name}`),
  ]);
  printSkipped(report);
  return passed;
}

async function bunTest(args: readonly string[]): Promise<boolean> {
  return await succeeds([
    ...[process.execPath, "test", `--timeout=${TIMEOUT_MS}`, "--only-failures"],
    ...args,
  ]);
}
