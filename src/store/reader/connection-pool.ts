import type { Database } from "bun:sqlite";
import { LRUCache } from "lru-cache";
import type { ReadFile } from "./read-job.ts";

/** Idle connections that a worker keeps, over all files. */
const IDLE_MAX = 32;

/**
 * Idle connections of one worker, by file and generation. A connection serves one job
 * at a time; what is not kept is closed.
 */
export class ConnectionPool {
  readonly #open: (path: string) => Database;
  readonly #idle: LRUCache<string, Database>;

  constructor(open: (path: string) => Database) {
    this.#open = open;
    this.#idle = new LRUCache<string, Database>({
      max: IDLE_MAX,
      dispose: (connection, _key, reason) => {
        if (reason !== "delete") connection.close();
      },
    });
  }

  /** An idle connection to the file, or a new one. Throws what SQLite throws. */
  take(file: ReadFile): Database {
    const key = keyOf(file);
    const idle = this.#idle.get(key);
    if (idle === undefined) return this.#open(file.path);
    this.#idle.delete(key);
    return idle;
  }

  /** Keeps a connection that is in no transaction for the next job on the file. */
  giveBack(file: ReadFile, connection: Database): void {
    const key = keyOf(file);
    if (this.#idle.has(key)) connection.close();
    else this.#idle.set(key, connection);
  }
}

function keyOf(file: ReadFile): string {
  return `${file.generation} ${file.path}`;
}
