import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { StartRefused } from "../harness/binary.ts";
import { SeededRandom } from "../harness/seeded-random.ts";
import { temporaryDirectory } from "../harness/temporary-directory.ts";
import { History } from "./history.ts";
import { Violation } from "./invariants.ts";
import { powerCuts } from "./scenarios.ts";

/**
 * A harness that cannot fail proves nothing. Here the law is broken on purpose, and the
 * check passes only if the harness says so.
 */
export function teeth(seed: number): { name: string; run: () => Promise<string> }[] {
  return [
    { name: "teeth: syncs that do nothing", run: () => withoutSync(seed) },
    { name: "teeth: acknowledged writes taken back", run: () => takenBack(seed) },
  ];
}

/** fdatasync and fsync return success and do nothing: a power cut must show it. */
async function withoutSync(seed: number): Promise<string> {
  const inject = ["-e", "trace=fdatasync,fsync", "-e", "inject=fdatasync,fsync:retval=0"];
  const under = ["strace", "-D", "-f", "-qq", "-o", "/dev/null", ...inject];
  const cuts = 5;
  return await mustFail(() => powerCuts(cuts, "ext4", seed, under));
}

/** The data directory is put back to an earlier state between kill and restart. */
async function takenBack(seed: number): Promise<string> {
  using directory = temporaryDirectory();
  const data = join(directory.path, "data");
  const earlier = join(directory.path, "earlier");
  let cycles = 0;
  const history = new History({
    cwd: directory.path,
    random: new SeededRandom(seed),
    loadMsMax: 100,
    fault: async (server) => {
      await server.kill();
      cycles += 1;
      if (cycles === 1) cpSync(data, earlier, { recursive: true });
      if (cycles !== 2) return;
      rmSync(data, { recursive: true });
      cpSync(earlier, data, { recursive: true });
    },
  });
  return await mustFail(async () => {
    for (let i = 0; i < 2; i++) await history.cycle();
    await history.finish();
  });
}

/** The violation that was found; an error if none was. A refusal to start also tells of the loss. */
async function mustFail(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
  } catch (error) {
    if (error instanceof Violation) return `found: ${error.message.slice(0, 120)}`;
    if (error instanceof StartRefused) return `found: the server refused to start on what was left`;
    throw error;
  }
  throw new Error("the law was broken and the harness did not notice");
}
