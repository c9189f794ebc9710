import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import { quantile } from "../../src/cli/bench/figures.ts";
import { type Spread, spreadOf } from "./measure.ts";
import type { Machine } from "./report.ts";

/** What a sync costs on this disk at this moment: the floor under every durable answer. */
export class BareSync implements Disposable {
  readonly #path: string;
  readonly #file: number;
  readonly #medians: number[] = [];
  #at = 0;

  /** Works in a file of its own in the directory. */
  constructor(directory: string) {
    this.#path = join(directory, "bare-fdatasync");
    this.#file = openSync(this.#path, "w");
    writeSync(this.#file, new Uint8Array(FILE_BYTES));
    fdatasyncSync(this.#file);
  }

  /** The median of so many, in milliseconds. */
  measure(count = 50): number {
    const block = new Uint8Array(BLOCK_BYTES).fill(1);
    const took: number[] = [];
    for (let i = 0; i < count; i++) {
      writeSync(this.#file, block, 0, BLOCK_BYTES, this.#at);
      this.#at = (this.#at + BLOCK_BYTES) % FILE_BYTES;
      const start = performance.now();
      fdatasyncSync(this.#file);
      took.push(performance.now() - start);
    }
    const median = quantile(
      took.sort((a, b) => a - b),
      0.5,
    );
    this.#medians.push(median);
    return median;
  }

  get spread(): Spread {
    return spreadOf(this.#medians);
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
    rmSync(this.#path, { force: true });
  }
}

const BLOCK_BYTES = 512;
const FILE_BYTES = 1024 * 1024;

export function machine(fdatasyncMs: Spread, postgres: string | undefined): Omit<Machine, "load"> {
  const processors = cpus();
  return {
    processors: `${processors.length} × ${processors[0]?.model.trim() ?? "unknown"}`,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    runtime: `Bun ${Bun.version}`,
    postgres,
    fdatasyncMs,
  };
}

export function loadNow(): number {
  return loadavg()[0] ?? 0;
}
