/**
 * `bun run buf`: lint, format and breaking changes of the protos. Breaking means: against the
 * newest release tag, or else the commit that the main line was at before (origin/main, or
 * the parent commit). A clone without history has nothing to compare with, which is said.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./ensure-installed.ts";
import { output, run, tool } from "./run.ts";

/** The commit to compare with, and why it. */
function baseline(): { commit: string; reason: string } | undefined {
  const head = output("git", "rev-parse", "HEAD");
  const tag = output("git", "describe", "--tags", "--abbrev=0", "--match=v*", "HEAD");
  const candidates = [
    [tag, "the newest release"],
    [output("git", "merge-base", "HEAD", "origin/main"), "origin/main"],
    [output("git", "rev-parse", "--verify", "--quiet", "HEAD~1"), "the commit before"],
  ] as const;
  for (const [commit, reason] of candidates) {
    if (commit !== undefined && commit !== "" && commit !== head) return { commit, reason };
  }
  return undefined;
}

async function breaking(): Promise<void> {
  const base = baseline();
  if (base === undefined) {
    console.error("buf breaking: nothing to compare with (no earlier commit in this clone)");
    return;
  }
  if (output("git", "ls-tree", base.commit, "proto") === "") {
    console.error(`buf breaking: ${base.reason} (${base.commit}) has no protos`);
    return;
  }
  const before = mkdtempSync(join(tmpdir(), "entdb-protos-"));
  try {
    const archive = Bun.spawnSync(["git", "archive", base.commit, "proto", "buf.yaml"], {
      cwd: ROOT,
    });
    Bun.spawnSync(["tar", "-x", "-C", before], { stdin: archive.stdout });
    console.error(`buf breaking: against ${base.reason} (${base.commit})`);
    await run(tool("buf"), "breaking", "--against", before);
  } finally {
    rmSync(before, { recursive: true, force: true });
  }
}

await run(tool("buf"), "lint");
await run(tool("buf"), "format", "--diff", "--exit-code");
await breaking();
