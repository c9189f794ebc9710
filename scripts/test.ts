/**
 * `bun run test`: installs what is missing, then runs every test that needs nothing but this
 * repository: unit, contract, integration, repository rules. Arguments go to `bun test`; paths
 * among them replace the default ones. What needs the compiled binary, services, a disk to
 * break or a quiet machine has commands of its own (test:e2e, test:services, fault, bench).
 */
import { mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { ensureInstalled } from "./ensure-installed.ts";
import { printSkipped, readTotals, UNIT_REPORT } from "./junit.ts";
import { succeeds } from "./run.ts";

const ELSEWHERE = ["test/e2e/**", "test/fault/**", "test/bench/**", "test/services/**", "sdk/**"];
const TIMEOUT_MS = 30_000;

ensureInstalled();
mkdirSync(dirname(UNIT_REPORT), { recursive: true });
rmSync(UNIT_REPORT, { force: true });

const given = process.argv.slice(2);
const paths = given.some((argument) => !argument.startsWith("-")) ? [] : ["./src", "./test"];
const ran = await succeeds([
  process.execPath,
  "test",
  `--timeout=${TIMEOUT_MS}`,
  "--parallel",
  "--only-failures",
  ...ELSEWHERE.map((pattern) => `--path-ignore-patterns=${pattern}`),
  "--reporter=junit",
  `--reporter-outfile=${UNIT_REPORT}`,
  ...given,
  ...paths,
]);
const { passed, failed } = readTotals(UNIT_REPORT);
printSkipped(UNIT_REPORT);
// A file that does not even load fails the run, though no test of it is in the report.
const ok = ran && failed === 0 && passed > 0;
console.error(`${passed} passed, ${ok ? 0 : Math.max(failed, 1)} failed`);
process.exit(ok ? 0 : 1);
