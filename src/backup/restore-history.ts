import type { History, HistoryBatch } from "../applier/history.ts";
import type { CancelSignal } from "../base/cancel-signal.ts";
import { EntError } from "../base/errors.ts";
import type { LogRecord } from "../wal/wal.ts";
import type { ArchiveReader } from "./archive-reader.ts";

/** The records of a log that are still in it, for whoever only reads. */
export interface LogTail {
  readonly logId: string;
  /** The oldest offset that it has. */
  readonly start: number;
  /** From an offset at or above `start` to its end as it is now. */
  read(from: number, signal: CancelSignal): AsyncIterable<readonly LogRecord[]>;
}

/**
 * A tenant's records up to a time, without the server that wrote them: out of the archive, and
 * behind its end out of the log, where there still is one. Both hold a record alike, so where
 * they overlap nothing comes twice.
 */
export class RestoreHistory implements History {
  readonly #archive: ArchiveReader;
  readonly #log: LogTail | undefined;
  readonly #until: number;

  /** Hands out records whose log time is at most `until`, Unix milliseconds. */
  constructor(archive: ArchiveReader, log: LogTail | undefined, until: number) {
    this.#archive = archive;
    this.#log = log;
    this.#until = until;
  }

  begunFor(): number {
    return 0;
  }

  async *read(tenantId: string, from: number, signal: CancelSignal): AsyncGenerator<HistoryBatch> {
    let next = from;
    for await (const records of this.#all(tenantId, from, signal)) {
      const wanted = records.filter(({ logTime }) => logTime <= this.#until);
      next = (wanted.at(-1)?.offset ?? next - 1) + 1;
      yield { records: wanted, end: next };
      // Log time never goes back.
      if (wanted.length < records.length) return;
    }
  }

  async *#all(
    tenantId: string,
    from: number,
    signal: CancelSignal,
  ): AsyncGenerator<readonly LogRecord[]> {
    let next = from;
    const inLogFrom = this.#log?.start;
    for await (const records of this.#archive.read(tenantId, from, signal, inLogFrom)) {
      next = (records.at(-1)?.offset ?? next - 1) + 1;
      yield records;
    }
    if (this.#log === undefined) return;
    yield* this.#log.read(Math.max(next, this.#log.start), signal);
  }
}

/** Another history, as far as it can be read: where its log is damaged it ends. */
export class ReadableHistory implements History {
  readonly #history: History;

  constructor(history: History) {
    this.#history = history;
  }

  begunFor(life: Parameters<History["begunFor"]>[0]): number {
    return this.#history.begunFor(life);
  }

  async *read(tenantId: string, from: number, signal: CancelSignal): AsyncGenerator<HistoryBatch> {
    try {
      yield* this.#history.read(tenantId, from, signal);
    } catch (error) {
      if (!(error instanceof EntError && error.reason === "LOG_DAMAGED")) throw error;
    }
  }
}

/** What a log alone still has. */
export class TailHistory implements History {
  readonly #log: LogTail;

  constructor(log: LogTail) {
    this.#log = log;
  }

  begunFor(): number {
    return 0;
  }

  async *read(_tenantId: string, from: number, signal: CancelSignal): AsyncGenerator<HistoryBatch> {
    let end = from;
    for await (const records of this.#log.read(from, signal)) {
      end = (records.at(-1)?.offset ?? end - 1) + 1;
      yield { records, end };
    }
  }
}
