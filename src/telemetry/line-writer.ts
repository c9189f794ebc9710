/**
 * Writes log lines to a file descriptor without ever holding up the server: lines are gathered
 * and written by a pool thread, one write at a time, so that a reader that is slow or gone
 * costs lines, not requests. What is dropped is counted, and said in the log itself as soon as
 * there is room.
 */
import { write, writeSync } from "node:fs";
import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";

/** How long to wait when a descriptor that does not block is full. */
const FULL_RETRY_MS = 10;

type Done = (error: NodeJS.ErrnoException | null, written: number) => void;

/** Where bytes go; a test hands in its own. */
export interface LineTarget {
  write(bytes: Uint8Array, done: Done): void;
  /** Writes at once, as much as can be; used only when the process is about to end. */
  writeSync(bytes: Uint8Array): void;
}

/** The target for a descriptor: 2 is stderr. */
export function descriptorTarget(descriptor: number): LineTarget {
  return {
    write: (bytes, done) => write(descriptor, bytes, done),
    writeSync: (bytes) => {
      writeSync(descriptor, bytes);
    },
  };
}

export class LineWriter {
  readonly #target: LineTarget;
  readonly #clock: Clock;
  readonly #droppedLine: (count: number) => string;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #dropped = 0;
  #writing: Uint8Array | undefined;
  #drained: (() => void)[] = [];

  /** `droppedLine` makes the line that says how many are missing. */
  constructor(target: LineTarget, clock: Clock, droppedLine: (count: number) => string) {
    this.#target = target;
    this.#clock = clock;
    this.#droppedLine = droppedLine;
  }

  /** Takes one line, with its newline. Never blocks and never throws; past the limit the line is dropped. */
  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.#waitingBytes + bytes > limits.logBufferBytes) {
      this.#dropped++;
      return;
    }
    this.#waiting.push(line);
    this.#waitingBytes += bytes;
    if (this.#writing === undefined) this.#writeNext();
  }

  /** Resolves when everything taken so far has been written, or has been lost with its reader. */
  drain(): Promise<void> {
    if (this.#writing === undefined) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  /** Writes what waits at once, for a process that cannot wait; at worst a line is written twice. */
  flushSync(): void {
    const rest = [...(this.#writing === undefined ? [] : [this.#writing]), this.#takeWaiting()];
    try {
      for (const bytes of rest) if (bytes.length > 0) this.#target.writeSync(bytes);
    } catch {
      // Nobody reads the log, and the process ends: there is nobody left to tell.
    }
  }

  #takeWaiting(): Uint8Array {
    if (this.#dropped > 0) this.#waiting.push(this.#droppedLine(this.#dropped));
    const bytes = Buffer.from(this.#waiting.join(""));
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#dropped = 0;
    return bytes;
  }

  #writeNext(): void {
    const bytes = this.#takeWaiting();
    if (bytes.length === 0) {
      this.#writing = undefined;
      for (const resolve of this.#drained.splice(0)) resolve();
      return;
    }
    this.#writing = bytes;
    this.#target.write(bytes, (error, written) => this.#written(bytes, error, written));
  }

  #written(bytes: Uint8Array, error: NodeJS.ErrnoException | null, written: number): void {
    if (error?.code === "EAGAIN") {
      this.#clock.timer(FULL_RETRY_MS, () => this.#writeRest(bytes));
    } else if (error === null && written < bytes.length) {
      this.#writeRest(bytes.subarray(written));
    } else {
      // On any other error the reader is gone: the lines are lost, and the server goes on.
      this.#writeNext();
    }
  }

  #writeRest(rest: Uint8Array): void {
    this.#writing = rest;
    this.#target.write(rest, (error, written) => this.#written(rest, error, written));
  }
}
