import type { Database } from "bun:sqlite";
import { must } from "../../base/assert.ts";
import { type Grant, permissionOfLevel } from "../../record/access.ts";
import { LazyStatement } from "../lazy-statement.ts";

/** What has been granted on a node. Whether a grant still holds is the reader's question: it has the time. */
export class GrantReader {
  readonly #ofNode: LazyStatement;

  constructor(db: Database) {
    this.#ofNode = new LazyStatement(
      db,
      `SELECT principal, permission, expires_at FROM grants WHERE node_id = ?
       ORDER BY principal, permission`,
    );
  }

  /** By principal, then by permission; expired ones too. */
  list(nodeId: string): Grant[] {
    const rows = this.#ofNode.ready.values(nodeId) as [string, bigint, bigint | null][];
    return rows.map(([principal, level, expiresAt]) => ({
      principal,
      permission: must(permissionOfLevel(Number(level)), "the table holds permissions only"),
      expiresAt: Number(expiresAt ?? 0n),
    }));
  }
}
