import type { CancelSignal } from "../base/cancel-signal.ts";
import type { CatalogEntry } from "../store/reader/catalog-reader.ts";
import type { LogRecord, Wal } from "../wal/wal.ts";

/** Some of a tenant's records, among which may be those of others. */
export interface HistoryBatch {
  readonly records: readonly LogRecord[];
  /** Every record of the tenant from where the walk began up to here has been handed out. */
  readonly end: number;
}

/** What was ever written for a tenant, wherever that stands by now. */
export interface History {
  /**
   * Where the history of a life begins to be known to be whole. Below it there may have been
   * another log, which the one that goes on with a restored directory knows nothing of: a life
   * that is older is all there only if some of its records from below are.
   */
  begunFor(life: Pick<CatalogEntry, "tenantId" | "incarnation">): number;
  /**
   * The tenant's records from `from` on, in the order of the log, each once, up to the log's
   * end as it is now. Ends quietly at the signal. Throws what the log throws, LOG_TRIMMED when
   * what is wanted is nowhere any more, and the errors of the archive.
   */
  read(tenantId: string, from: number, signal: CancelSignal): AsyncIterable<HistoryBatch>;
}

/** As far as the log itself reaches. */
export class LogHistory implements History {
  readonly #wal: Wal;

  constructor(wal: Wal) {
    this.#wal = wal;
  }

  /** The log itself refuses to be read from below its start. */
  begunFor(): number {
    return 0;
  }

  async *read(_tenantId: string, from: number, signal: CancelSignal): AsyncGenerator<HistoryBatch> {
    let end = from;
    for await (const records of this.#wal.read(from, signal)) {
      end = (records.at(-1)?.offset ?? end - 1) + 1;
      yield { records, end };
    }
  }
}
