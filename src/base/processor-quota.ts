import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Whether a control group limits the processor time of this process, which then stands still
 * for a while whenever its threads together have used it up. False where nobody can tell.
 */
export function hasProcessorQuota(proc = "/proc/self/cgroup", root = "/sys/fs/cgroup"): boolean {
  return (readIfThere(proc) ?? "").split("\n").some((line) => {
    const [, controllers = "", path = "/"] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === "") return isLimited(root, path, "cpu.max", isQuotaOfMax);
    const isOfProcessors = controllers.split(",").includes("cpu");
    const place = join(root, controllers);
    return isOfProcessors && isLimited(place, path, "cpu.cfs_quota_us", isQuotaOfTime);
  });
}

/** Of the group and those around it: each one's limit holds. */
function isLimited(
  root: string,
  path: string,
  file: string,
  isQuota: (text: string) => boolean,
): boolean {
  for (let at = path; ; at = dirname(at)) {
    const text = readIfThere(join(root, at, file));
    if (text !== undefined && isQuota(text)) return true;
    if (dirname(at) === at) return false;
  }
}

/** `max 100000`, or a number in place of `max`. */
function isQuotaOfMax(text: string): boolean {
  return /^\d/.test(text);
}

/** -1, or a number of microseconds. */
function isQuotaOfTime(text: string): boolean {
  return Number(text) > 0;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
