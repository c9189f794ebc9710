import type { History, HistoryBatch } from "../applier/history.ts";
import type { CancelSignal } from "../base/cancel-signal.ts";
import { EntError } from "../base/errors.ts";
import type { Wal } from "../wal/wal.ts";
import type { ArchiveReader } from "./archive-reader.ts";
import { type Life, RestoredLives } from "./restored-lives.ts";

/**
 * A tenant's records out of the archive as far as the log was trimmed, and out of the log from
 * there on: without a gap, since the log is trimmed only where the archive has everything, and
 * without a duplicate, since each half is read up to where the other one begins.
 */
export class JoinedHistory implements History {
  readonly #wal: Wal;
  readonly #archive: ArchiveReader;
  readonly #begunAt: number;
  readonly #restored: RestoredLives;

  /** `begunAt` is where this log began to be archived, `restored` what was there by then. */
  constructor(
    wal: Wal,
    archive: ArchiveReader,
    begunAt: number,
    restored: RestoredLives = new RestoredLives(),
  ) {
    this.#wal = wal;
    this.#archive = archive;
    this.#begunAt = begunAt;
    this.#restored = restored;
  }

  begunFor(life: Life): number {
    // A life without a record has left nothing anywhere.
    return this.#restored.offsetOf(life) === -1 ? 0 : this.#begunAt;
  }

  async *read(tenantId: string, from: number, signal: CancelSignal): AsyncGenerator<HistoryBatch> {
    let next = from;
    for (;;) {
      for await (const batch of this.#archived(tenantId, next, signal)) {
        next = batch.end;
        yield batch;
      }
      try {
        for await (const records of this.#wal.read(next, signal)) {
          next = (records.at(-1)?.offset ?? next - 1) + 1;
          yield { records, end: next };
        }
        return;
      } catch (error) {
        // Trimmed while it was read: what has gone is in the archive by now.
        if (!(isTrimmed(error) && next < this.#wal.start)) throw error;
      }
    }
  }

  /** What stands below the log's start; nothing when the log reaches back far enough. */
  async *#archived(
    tenantId: string,
    from: number,
    signal: CancelSignal,
  ): AsyncGenerator<HistoryBatch> {
    const { start } = this.#wal;
    if (from >= start) return;
    for await (const archived of this.#archive.read(tenantId, from, signal, start)) {
      if (signal.aborted) return;
      const records = archived.filter(({ offset }) => offset < start);
      const last = records.at(-1);
      if (last !== undefined) yield { records, end: last.offset + 1 };
      if (records.length < archived.length) break;
    }
    yield { records: [], end: start };
  }
}

function isTrimmed(error: unknown): boolean {
  return error instanceof EntError && error.reason === "LOG_TRIMMED";
}
