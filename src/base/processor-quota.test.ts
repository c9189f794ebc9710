import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { temporaryDirectory } from "../../test/harness/temporary-directory.ts";
import { hasProcessorQuota } from "./processor-quota.ts";

test.each([
  ["of the second version, without a limit", "0::/a/b", { "a/b/cpu.max": "max 100000" }, false],
  ["with a limit of its own", "0::/a/b", { "a/b/cpu.max": "150000 100000" }, true],
  [
    "with one around it",
    "0::/a/b",
    { "a/b/cpu.max": "max 100000", "a/cpu.max": "1000 1000" },
    true,
  ],
  ["with one at the root of a container", "0::/", { "cpu.max": "50000 100000" }, true],
  [
    "of the first version, without a limit",
    "3:cpu,cpuacct:/a",
    { "cpu,cpuacct/a/cpu.cfs_quota_us": "-1" },
    false,
  ],
  [
    "of the first version, with one",
    "3:cpu,cpuacct:/a",
    { "cpu,cpuacct/a/cpu.cfs_quota_us": "50000" },
    true,
  ],
  [
    "of the first version, with one for something else",
    "4:memory:/a",
    { "memory/a/cpu.cfs_quota_us": "50000" },
    false,
  ],
  ["that is not there", "0::/gone", {}, false],
  ["in words that nobody knows", "what?", {}, false],
])("a control group %s", (_what, line, files, isLimited) => {
  using directory = temporaryDirectory();
  const proc = join(directory.path, "cgroup");
  const root = join(directory.path, "groups");
  writeFileSync(proc, `${line}\n`);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), `${text}\n`);
  }
  expect(hasProcessorQuota(proc, root)).toBe(isLimited);
});

test("where there are no control groups there is no limit", () => {
  using directory = temporaryDirectory();
  expect(hasProcessorQuota(join(directory.path, "cgroup"), directory.path)).toBe(false);
});
