import { accessSync, constants, existsSync, statSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import { EntError } from "../../base/errors.ts";
import { nearestExisting } from "../../base/nearest-existing.ts";
import type { Random } from "../../base/random.ts";
import { openDataDirectory } from "../../store/data-dir.ts";
import { bareSyncs } from "../bare-sync.ts";
import { type Finding, fail, failed, ok, warn } from "./check.ts";

/**
 * The data directory and the disk below it. Nothing in it is changed: a directory that does
 * not exist is not made, and what the sync is measured with is removed again.
 */

export interface DirectoryFindings {
  readonly findings: readonly Finding[];
  /** A server runs on it. */
  readonly inUse: boolean;
}

/** The directory itself, its format and its lock. */
export async function checkDataDirectory(path: string): Promise<DirectoryFindings> {
  if (!existsSync(path)) return { findings: [checkMissing(path)], inUse: false };
  if (!existsSync(join(path, "format.json"))) {
    return { findings: [checkUnmade(path)], inUse: false };
  }
  const { finding, inUse } = await checkLock(path);
  return { findings: [checkPermissions(path), finding], inUse };
}

function checkMissing(path: string): Finding {
  const parent = existingParent(path);
  if (isWritable(parent))
    return ok("data directory", `${path} does not exist yet; a start makes it`);
  return fail(
    "data directory",
    `${path} does not exist and cannot be made in ${parent}`,
    "Make it as an administrator and give it to this user, or choose another with --data-dir.",
  );
}

function checkUnmade(path: string): Finding {
  if (!statSync(path).isDirectory()) {
    return fail("data directory", `${path} is not a directory`, "Choose another with --data-dir.");
  }
  if (!isWritable(path)) {
    return fail(
      "data directory",
      `${path} cannot be written by this user`,
      `Give it to this user: chown.`,
    );
  }
  return ok("data directory", `${path} has not been used by EntDB yet`);
}

function checkPermissions(path: string): Finding {
  const mode = statSync(path).mode & 0o777;
  const shown = mode.toString(8).padStart(4, "0");
  if ((mode & 0o077) === 0) return ok("data directory", `${path} (mode ${shown})`);
  return warn(
    "data directory",
    `${path} can be entered by other users (mode ${shown})`,
    `chmod 0700 ${path}`,
  );
}

async function checkLock(path: string): Promise<{ finding: Finding; inUse: boolean }> {
  try {
    (await openDataDirectory(path)).close();
    const finding = ok("lock", "free: no server runs on this directory; its format is known");
    return { finding, inUse: false };
  } catch (error) {
    if (error instanceof EntError && error.reason === "DATA_DIR_LOCKED") {
      return { finding: ok("lock", error.message), inUse: true };
    }
    return { finding: failed("lock", error), inUse: false };
  }
}

/** Whether there is room, and whether the file system keeps anything at all. */
export async function checkSpace(path: string): Promise<Finding[]> {
  const { bsize, blocks, bavail, type } = await statfs(existingParent(path));
  const free = bsize * bavail;
  const text = `${bytesText(free)} of ${bytesText(bsize * blocks)} free`;
  const advice = "Make room: a full disk stops writes until there is some.";
  const room =
    free < 256 * MiB
      ? fail("free space", text, advice)
      : free < 2048 * MiB
        ? warn("free space", text, advice)
        : ok("free space", text);
  const name = FORGETFUL[type];
  if (name === undefined) return [room];
  return [
    room,
    warn(
      "file system",
      `${path} lies on ${name}`,
      "Put the data directory on a local disk (ext4, xfs).",
    ),
  ];
}

/** How long a sync takes: it is the time that every lone write waits. */
export async function checkSync(path: string, clock: Clock, random: Random): Promise<Finding> {
  let times: readonly number[];
  try {
    times = await bareSyncs(existingParent(path), clock, random);
  } catch (error) {
    return failed("fdatasync", error);
  }
  const median = times[Math.floor(times.length / 2)] ?? 0;
  const worst = times.at(-1) ?? 0;
  const text = `${median.toFixed(2)} ms (median of ${times.length}), ${worst.toFixed(2)} ms at worst`;
  if (median < 0.005) {
    return warn(
      "fdatasync",
      `${text}: too quick to be true`,
      "The disk or the virtual machine may only pretend to sync; test it with a power cut.",
    );
  }
  if (median > 10) {
    return warn(
      "fdatasync",
      text,
      "A lone write takes at least as long; use an SSD, or write with many callers at once.",
    );
  }
  return ok("fdatasync", text);
}

/** The path itself or the nearest directory above it that exists. */
function existingParent(path: string): string {
  const at = nearestExisting(path);
  return statSync(at).isDirectory() ? at : dirname(at);
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function bytesText(bytes: number): string {
  return bytes >= 1024 * MiB
    ? `${(bytes / (1024 * MiB)).toFixed(1)} GiB`
    : `${Math.round(bytes / MiB)} MiB`;
}

const MiB = 1024 * 1024;

/** File systems of Linux by their magic number that lose everything at a reboot, or whose sync is another machine's affair. */
const FORGETFUL: Readonly<Record<number, string>> = {
  16914836: "tmpfs, which is memory",
  2240043254: "ramfs, which is memory",
  26985: "NFS, where locks and syncs are the server's affair",
  4283649346: "CIFS, where locks and syncs are the server's affair",
  4266872130: "SMB, where locks and syncs are the server's affair",
};
