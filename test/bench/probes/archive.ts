import { join } from "node:path";
import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import type { Followed } from "../archive-follower.ts";
import { spreadOf } from "../measure.ts";
import type { BenchOptions } from "../options.ts";
import type { Probe } from "../report.ts";

const PER_SECOND = 20_000;
const MB = 1e6;

/**
 * The archive of a log that grows by 20,000 records a second, in a directory: how far it is behind,
 * and what the process that does nothing else holds early and late.
 */
export async function probeArchive({ smoke }: BenchOptions): Promise<readonly Probe[]> {
  const seconds = smoke ? 2 : 45;
  using directory = temporaryDirectory();
  const followed = await follow(join(directory.path, "data"), PER_SECOND, seconds);
  const probe = "archive";
  const what = `Archive: a log that grows by ${PER_SECOND.toLocaleString("en-US")} records/s for ${seconds} s`;
  const one = (value: number) => ({ samples: 1, value: spreadOf([value]) });
  return [
    {
      ...{ probe, what: `${what}, written`, unit: "records/s" },
      ...{ ...one(followed.recordsPerSecond), goal: undefined },
    },
    {
      ...{ probe, what: `${what}, furthest that its archive was behind`, unit: "s" },
      ...{ ...one(followed.behindSeconds), goal: "< 10" },
    },
    {
      ...{ probe, what: `${what}, resident memory at a third`, unit: "MB" },
      ...{ ...one(followed.earlyBytes / MB), goal: undefined },
    },
    {
      ...{ probe, what: `${what}, resident memory at the end`, unit: "MB" },
      ...{ ...one(followed.lateBytes / MB), goal: undefined },
    },
    {
      ...{ probe, what: `${what}, the latter to the former`, unit: "times" },
      ...{ ...one(followed.lateBytes / followed.earlyBytes), goal: "≤ 1.2" },
    },
  ];
}

async function follow(dataDir: string, perSecond: number, seconds: number): Promise<Followed> {
  const program = join(import.meta.dir, "..", "archive-follower.ts");
  const child = Bun.spawn(
    [process.execPath, program, dataDir, String(perSecond), String(seconds)],
    {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
    },
  );
  const text = await child.stdout.text();
  if ((await child.exited) !== 0) throw new Error("the follower of the log ended early");
  return JSON.parse(text);
}
