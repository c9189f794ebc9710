import { open, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";

const SYNCS = 21;
const BLOCK_BYTES = 4096;

/**
 * How long each of a few bare fdatasync takes on the disk below the directory, in milliseconds,
 * the shortest first: the floor under every durable answer. The file that it takes is removed.
 * Throws what the system throws.
 */
export async function bareSyncs(
  directory: string,
  clock: Clock,
  random: Random,
): Promise<readonly number[]> {
  const path = join(directory, `.entdb-sync-${Buffer.from(random.bytes(8)).toString("hex")}`);
  const handle = await open(path, "wx", 0o600);
  try {
    const block = new Uint8Array(BLOCK_BYTES).fill(1);
    await handle.write(new Uint8Array(BLOCK_BYTES * (SYNCS + 1)), 0);
    await handle.sync();
    const times: number[] = [];
    for (let i = 0; i < SYNCS; i++) {
      const began = clock.monotonic();
      await handle.write(block, 0, block.length, i * block.length);
      await handle.datasync();
      times.push(clock.monotonic() - began);
    }
    return times.sort((a, b) => a - b);
  } finally {
    await handle.close();
    await unlink(path);
  }
}
