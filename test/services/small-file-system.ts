import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type TemporaryDirectory, temporaryDirectory } from "../harness/temporary-directory.ts";

/** Mounting takes root. */
export const canMount = process.getuid?.() === 0;

/** A small file system in memory, which is soon full. Without root a directory like any other. */
export class SmallFileSystem implements Disposable {
  readonly #place: TemporaryDirectory = temporaryDirectory();

  /** With so many mebibytes. */
  constructor(mebibytes: number) {
    mkdirSync(this.path);
    if (canMount) mount("-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", this.path);
  }

  get path(): string {
    return join(this.#place.path, "small");
  }

  /** A place beside it, with room. */
  get beside(): string {
    return this.#place.path;
  }

  makeReadOnly(): void {
    mount("-o", "remount,ro", this.path);
  }

  [Symbol.dispose](): void {
    // Lazily: a file that was just read may be closed a moment later.
    if (canMount) Bun.spawnSync(["umount", "--lazy", this.path]);
    this.#place[Symbol.dispose]();
  }
}

function mount(...args: string[]): void {
  const { success, stderr } = Bun.spawnSync(["mount", ...args]);
  if (!success) throw new Error(stderr.toString());
}
