import type { Database, Statement } from "bun:sqlite";

/**
 * A statement that is prepared when it is first needed. A tenant has some forty of them
 * on two connections, most of which most tenants never use; prepared all at once they
 * cost more memory than the rest of an open tenant.
 */
export class LazyStatement {
  readonly #db: Database;
  readonly #sql: string;
  #statement: Statement | undefined;

  constructor(db: Database, sql: string) {
    this.#db = db;
    this.#sql = sql;
  }

  /** The prepared statement, the same at every call. It ends with its connection, on `close`. */
  get ready(): Statement {
    // One of `prepare` would keep the file open behind a closed connection until it is collected.
    this.#statement ??= this.#db.query(this.#sql);
    return this.#statement;
  }
}
