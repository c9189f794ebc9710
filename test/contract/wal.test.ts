import { afterAll } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openWal } from "../../src/wal/open-wal.ts";
import { temporaryDirectory } from "../harness/temporary-directory.ts";
import { walContract } from "./wal.ts";

const place = temporaryDirectory();
let logs = 0;

afterAll(() => place[Symbol.dispose]());

walContract({
  name: "the log in memory",
  open: (options) => openWal({ ...options, kind: "memory" }),
});

walContract({
  name: "the embedded log",
  open: (options) => openWal({ ...options, kind: "file", directory: newDirectory() }),
});

walContract({
  name: "the embedded log in many small segments",
  open: (options) => {
    const segmentBytes = 6 * 1024 * 1024;
    return openWal({ ...options, kind: "file", directory: newDirectory(), segmentBytes });
  },
});

function newDirectory(): string {
  const directory = join(place.path, String(logs++));
  mkdirSync(directory);
  return directory;
}
