import type { Database } from "bun:sqlite";
import { LazyStatement } from "./lazy-statement.ts";
import { openForReading } from "./open-database.ts";
import type { PublishedView } from "./published-views.ts";
import { damaged } from "./store-errors.ts";
import { type ReadableView, readsOf, type TenantReads } from "./tenant-store.ts";
import type { PublishedVersions, ViewBoard } from "./view-board.ts";
import { readViewState } from "./view-state.ts";

/**
 * A tenant's view on a connection of its own, in a thread that does not hold the stores. What
 * it answers is of one state of the view, and is worth nothing unless {@link read} says so: the
 * board tells whether anything of what was remembered about the view had changed meanwhile.
 */
export class ReadOnlyView implements ReadableView {
  readonly reads: TenantReads;
  readonly #published: PublishedView;
  readonly #board: ViewBoard;
  readonly #db: Database;
  readonly #begin: LazyStatement;
  readonly #end: LazyStatement;
  readonly #appliedOffset: LazyStatement;
  #versions: PublishedVersions;

  /** Throws VIEW_DAMAGED for a file that is not the tenant's, and SQLite's own error when it cannot be opened. */
  constructor(published: PublishedView, board: ViewBoard, logId: string) {
    const { file, tenantId, incarnation, place } = published;
    const db = openForReading(file);
    try {
      const state = readViewState(db);
      const isOwn = state?.tenantId === tenantId && state.incarnation === incarnation;
      if (!isOwn || state.logId !== logId) throw damaged(file, "it is another's");
    } catch (error) {
      db.close();
      throw error;
    }
    this.#db = db;
    this.#published = published;
    this.#board = board;
    this.#versions = board.versionsAt(place);
    this.reads = readsOf(db);
    this.#begin = new LazyStatement(db, "BEGIN");
    this.#end = new LazyStatement(db, "COMMIT");
    this.#appliedOffset = new LazyStatement(
      db,
      "SELECT applied_offset FROM view_state WHERE only_row = 1",
    );
  }

  /** Of the state before the one that is read, or of that itself. */
  get membershipVersion(): number {
    return this.#versions.membershipVersion;
  }

  get schemaVersion(): number {
    return this.#versions.schemaVersion;
  }

  /** Whether it may still be read. */
  get isPublished(): boolean {
    return this.#board.openingAt(this.#published.place) === this.#published.opening;
  }

  /**
   * What `read` comes to on one state of the view, and the offset of the last record that is in
   * that state. Undefined when nobody can say what the state is, because the view was withdrawn
   * or something was committed that has not been told yet. Throws what SQLite throws; what `read`
   * throws is thrown only where its answer would have been good.
   */
  read<T>(read: (view: this) => T): { readonly offset: number; readonly answer: T } | undefined {
    const { place } = this.#published;
    if (!this.isPublished) return undefined;
    this.#versions = this.#board.versionsAt(place);
    const before = this.#board.appliedEnd;
    const { applied, outcome } = this.#inSnapshot(read);
    const after = this.#board.versionsAt(place);
    const isTold = applied < this.#board.endAt(place);
    const isSame =
      after.membershipVersion === this.membershipVersion &&
      after.schemaVersion === this.schemaVersion;
    if (!(isTold && isSame && this.isPublished)) return undefined;
    if ("error" in outcome) throw outcome.error;
    return { offset: Math.max(applied, before - 1), answer: outcome.answer };
  }

  close(): void {
    this.#db.close();
  }

  #inSnapshot<T>(read: (view: this) => T): {
    readonly applied: number;
    readonly outcome: { readonly answer: T } | { readonly error: unknown };
  } {
    this.#begin.ready.run();
    try {
      const applied = Number((this.#appliedOffset.ready.values()[0] as [bigint])[0]);
      try {
        return { applied, outcome: { answer: read(this) } };
      } catch (error) {
        return { applied, outcome: { error } };
      }
    } finally {
      this.#end.ready.run();
    }
  }
}
