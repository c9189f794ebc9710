import { limits } from "../base/limits.ts";
import { appendQueueFull } from "./errors.ts";
import type { Appended, RecordType } from "./wal.ts";

/** An append that waits for its batch. Exactly one of `resolve` and `reject` is called, once. */
export interface PendingAppend {
  readonly type: RecordType;
  readonly body: Uint8Array;
  /** The log time of a record that comes from another log; undefined: that of its batch. */
  readonly logTime: number | undefined;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: Error) => void;
}

/** Appends in the order in which they came, bounded in number and bytes. */
export class AppendQueue {
  readonly #overheadBytes: number;
  #waiting: PendingAppend[] = [];
  #bytes = 0;

  /** `overheadBytes` is what a record takes in a batch besides its body. */
  constructor(overheadBytes: number) {
    this.#overheadBytes = overheadBytes;
  }

  /** Appends that wait. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Bytes of the bodies that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Bytes that the oldest append takes in a batch; 0 when none waits. */
  get nextBytes(): number {
    const next = this.#waiting[0];
    return next === undefined ? 0 : this.#overheadBytes + next.body.length;
  }

  /** Queues an append. Rejects with OVERLOADED past the limits. */
  add(type: RecordType, body: Uint8Array, logTime?: number): Promise<Appended> {
    const full =
      this.#waiting.length >= limits.appendQueueRecords ||
      this.#bytes + body.length > limits.appendQueueBytes;
    if (full) return Promise.reject(appendQueueFull());
    this.#bytes += body.length;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ type, body, logTime, resolve, reject });
    });
  }

  /** Takes what waits, oldest first, as far as its records fit into so many bytes, and at most so many of them. */
  take(room: number, most: number = Number.POSITIVE_INFINITY): PendingAppend[] {
    let count = 0;
    let bytes = 0;
    for (const { body } of this.#waiting) {
      bytes += this.#overheadBytes + body.length;
      if (bytes > room || count === most) break;
      count++;
      this.#bytes -= body.length;
    }
    const taken = this.#waiting;
    if (count === taken.length) {
      this.#waiting = [];
      return taken;
    }
    this.#waiting = taken.slice(count);
    return taken.slice(0, count);
  }

  /** Refuses everything that waits. */
  rejectAll(error: Error): void {
    const refused = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    for (const pending of refused) pending.reject(error);
  }
}
