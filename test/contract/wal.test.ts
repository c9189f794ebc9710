import { afterAll } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openWal } from "../../src/wal/open-wal.ts";
import type { WalOptions } from "../../src/wal/options.ts";
import type { ImportingWal, Wal } from "../../src/wal/wal.ts";
import { temporaryDirectory } from "../harness/temporary-directory.ts";
import { walContract } from "./wal.ts";

const place = temporaryDirectory();
let logs = 0;
const directories = new Map<Wal, string>();

afterAll(() => place[Symbol.dispose]());

walContract({
  name: "the log in memory",
  open: (options) => openWal({ ...options, kind: "memory" }),
});

for (const [name, segmentBytes] of [
  ["the embedded log", undefined],
  ["the embedded log in many small segments", 6 * 1024 * 1024],
] as const) {
  walContract({
    name,
    open: (options) => openIn(newDirectory(), options, segmentBytes),
    reopen: (closed, options) => openIn(directories.get(closed) ?? "", options, segmentBytes),
  });
}

async function openIn(
  directory: string,
  options: WalOptions,
  segmentBytes: number | undefined,
): Promise<ImportingWal> {
  const wal = await openWal({ ...options, kind: "file", directory, segmentBytes });
  directories.set(wal, directory);
  return wal;
}

function newDirectory(): string {
  const directory = join(place.path, String(logs++));
  mkdirSync(directory);
  return directory;
}
