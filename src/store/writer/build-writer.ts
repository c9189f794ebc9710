import type { Database } from "bun:sqlite";
import { LazyStatement } from "../lazy-statement.ts";
import type { BuildState } from "../reader/build-reader.ts";

/** The statements that say how far a schema has been applied to existing rows. */
export class BuildWriter {
  readonly #put: LazyStatement;
  readonly #clear: LazyStatement;

  constructor(db: Database) {
    this.#put = new LazyStatement(
      db,
      `INSERT OR REPLACE INTO schema_build
         (only_row, position, phase, step, after, undone, rows_done, rows_total, doing, result,
          wording, replaced, drops, hidden)
       VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#clear = new LazyStatement(db, "DELETE FROM schema_build");
  }

  put(state: BuildState): void {
    this.#put.ready.run(
      state.position,
      state.phase,
      state.step,
      state.after,
      state.undone,
      state.rowsDone,
      state.rowsTotal,
      state.doing,
      state.result,
      state.wording,
      JSON.stringify(state.replaced),
      JSON.stringify(state.drops),
      JSON.stringify(state.hidden),
    );
  }

  clear(): void {
    this.#clear.ready.run();
  }
}
