import { runBinary, type ServerProcess } from "../../harness/binary.ts";
import { type History, operationsOf } from "./history.ts";
import { Violation } from "./violation.ts";
import { eventually } from "./within.ts";

const ARCHIVED_MS = 180_000;

/** Until everything that is in the log now is archived. Throws a `Violation` when that takes three minutes. */
export async function untilArchived(server: ServerProcess): Promise<void> {
  const operations = operationsOf(server);
  const { endOffset } = await operations.getLogPosition({});
  await eventually(ARCHIVED_MS, `everything below ${endOffset} is archived`, async () => {
    return (await operations.getArchiveState({})).archivedOffset >= endOffset;
  });
}

/**
 * The archive holds the very records of the log, as far as its position says, each once. Throws a
 * `Violation`.
 */
export async function checkArchive(
  { cwd, env, dataDir }: History,
  server: ServerProcess,
): Promise<void> {
  const { archivedOffset } = await operationsOf(server).getArchiveState({});
  const printed = async (...flags: string[]) => {
    const args = ["log", "--data-dir", dataDir, ...flags];
    const { exitCode, stdout, stderr } = await runBinary(args, { cwd, env });
    if (exitCode !== 0) throw new Violation(`entdb ${args.join(" ")}: ${stderr}`);
    return stdout.split("\n").filter((line) => line !== "");
  };
  const below = (line: string) => BigInt(JSON.parse(line).offset) < archivedOffset;
  const logged = (await printed()).filter(below);
  const archived = (await printed("--from-archive")).filter(below);
  const missing = logged.filter((line) => !archived.includes(line));
  if (missing.length > 0 || new Set(archived).size !== archived.length) {
    throw new Violation(
      `${archived.length} records are archived of ${logged.length}; missing: ${missing[0]?.slice(0, 120)}`,
    );
  }
}
