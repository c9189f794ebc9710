/**
 * SIGKILL at the Nth call of a restore: of everything into a directory of its own, and of one
 * tenant into its stopped server. Afterwards the target is whole or not there, the same command
 * does it, and the directory from which was restored is as it was.
 */
import { cpSync, existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { BINARY, runProgram } from "../../harness/binary.ts";
import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import { untilArchived } from "../bed/archive.ts";
import { History, operationsOf } from "../bed/history.ts";
import { TENANTS } from "../bed/journal.ts";
import { underStrace, whyNoStrace } from "../bed/strace.ts";
import { Violation } from "../bed/violation.ts";
import type { Scenario, ScenarioRun, Tally } from "../scenario.ts";
import { NthCall } from "./nth-call.ts";

const ANSWERS = 60;
const [TENANT] = TENANTS;

export const killsWhileRestoring: Scenario = {
  name: "kills/while-restoring",
  kind: "kills",
  cycles: 18,
  obstacle: whyNoStrace,
  run: killRestores,
};

async function killRestores({ cycles, random }: ScenarioRun): Promise<Tally> {
  using directory = temporaryDirectory();
  const env = { ENTDB_ARCHIVE_INTERVAL: "1s" };
  const history = new History({ cwd: directory.path, random, env });
  const snapshotId = await fill(history);
  const everything = new NthCall(random);
  const one = new NthCall(random);
  let faults = 0;
  for (let cycle = 0; cycle < cycles; cycle++) {
    const isKilled = await (cycle % 3 < 2
      ? killOfEverything(history, everything)
      : killOfOne(history, snapshotId, one));
    if (isKilled) faults += 1;
  }
  await history.finish();
  return { faults, acknowledged: history.acknowledged };
}

/** Transactions, an archive of all of them, and a snapshot from the middle. Answers its id. */
async function fill(history: History): Promise<string> {
  await using server = await history.start();
  await history.check(server);
  await history.underLoad(server, () => history.answers(server, ANSWERS));
  const { snapshots } = await operationsOf(server).createSnapshot({ tenantId: TENANT });
  await history.underLoad(server, () => history.answers(server, ANSWERS));
  await history.check(server);
  await untilArchived(server);
  await server.kill();
  return snapshots[0]?.snapshotId ?? "";
}

async function killOfEverything(history: History, calls: NthCall): Promise<boolean> {
  const target = join(history.cwd, "restored");
  const args = ["--target-time", "latest", "--output-dir", target, "--data-dir", history.dataDir];
  const isKilled = await killRestore(history, args, calls);
  if (!existsSync(target) || readdirSync(target).length === 0) await restore(history, args);
  await succeed(history, ["restore", "verify", "--data-dir", target]);
  const left = readdirSync(history.cwd).filter((name) => name.startsWith("restored"));
  if (left.length > 1) throw new Violation(`a restore leaves ${left.join(", ")}`);
  // What comes of it is served, and says the same of every key.
  await using server = await history.start({ dataDir: "restored" });
  await history.checkContent(server);
  await server.kill();
  rmSync(target, { recursive: true });
  return isKilled;
}

/** On a copy: a restore into it is no reason to lose the original. */
async function killOfOne(history: History, snapshotId: string, calls: NthCall): Promise<boolean> {
  const target = join(history.cwd, "replaced");
  cpSync(history.dataDir, target, { recursive: true });
  const which = ["--tenant-id", TENANT, "--snapshot-id", snapshotId];
  const where = ["--output-dir", target, "--data-dir", target];
  const args = ["from-snapshot", ...which, ...where];
  const isKilled = await killRestore(history, args, calls);
  await using server = await history.start({ dataDir: "replaced" });
  await history.check(server);
  await server.stop();
  await restore(history, args);
  await succeed(history, ["restore", "verify", "--data-dir", target]);
  rmSync(target, { recursive: true });
  return isKilled;
}

/** Whether it was killed before its end. */
async function killRestore(
  history: History,
  args: readonly string[],
  calls: NthCall,
): Promise<boolean> {
  const { call, n } = calls.next();
  const under = underStrace({ call, what: `signal=KILL:when=${n}` });
  const { exitCode, stderr } = await runProgram([...under, BINARY, "restore", ...args], history);
  const isKilled = exitCode !== 0;
  if (isKilled && stderr.trim() !== "") {
    throw new Violation(`restore, call ${n} of ${call}: ${exitCode} ${stderr}`);
  }
  if (isKilled) calls.came(call, n);
  else calls.didNotCome(call, n);
  return isKilled;
}

async function restore(history: History, args: readonly string[]): Promise<void> {
  await succeed(history, ["restore", ...args]);
}

async function succeed(history: History, args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await runProgram([BINARY, ...args], history);
  if (exitCode !== 0) throw new Violation(`entdb ${args.join(" ")}: ${exitCode} ${stderr}`);
}
