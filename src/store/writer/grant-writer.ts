import type { Database } from "bun:sqlite";
import { type Grant, permissionLevel } from "../../record/access.ts";
import { LazyStatement } from "../lazy-statement.ts";

/** Times of expiry are log time, Unix milliseconds; 0 stands for never here, and null in the file. */
export class GrantWriter {
  readonly #putGrant: LazyStatement;
  readonly #deleteGrant: LazyStatement;
  readonly #deleteGrants: LazyStatement;
  readonly #putReader: LazyStatement;
  readonly #deleteReader: LazyStatement;

  constructor(db: Database) {
    this.#putGrant = new LazyStatement(
      db,
      `INSERT INTO grants (node_id, principal, permission, expires_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (node_id, principal, permission) DO UPDATE SET expires_at = excluded.expires_at`,
    );
    this.#deleteGrant = new LazyStatement(
      db,
      "DELETE FROM grants WHERE node_id = ? AND principal = ? AND permission = ?",
    );
    this.#deleteGrants = new LazyStatement(db, "DELETE FROM grants WHERE node_id = ?");
    this.#putReader = new LazyStatement(
      db,
      `INSERT INTO readers (principal, type_id, node_id, expires_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (principal, type_id, node_id) DO UPDATE SET expires_at = excluded.expires_at`,
    );
    this.#deleteReader = new LazyStatement(
      db,
      "DELETE FROM readers WHERE principal = ? AND type_id = ? AND node_id = ?",
    );
  }

  /** Adds the grant, or moves the expiry of the one that is there. */
  putGrant(nodeId: string, grant: Grant): void {
    const { principal, permission, expiresAt } = grant;
    this.#putGrant.ready.run(nodeId, principal, permissionLevel(permission), expiresAt || null);
  }

  deleteGrant(nodeId: string, grant: Pick<Grant, "principal" | "permission">): void {
    this.#deleteGrant.ready.run(nodeId, grant.principal, permissionLevel(grant.permission));
  }

  /** All of the node. Its readers are the caller's to remove: only he can name them. */
  deleteGrantsOf(nodeId: string): void {
    this.#deleteGrants.ready.run(nodeId);
  }

  putReader(node: ReadableNode, principal: string, expiresAt: number): void {
    this.#putReader.ready.run(principal, node.typeId, node.id, expiresAt || null);
  }

  deleteReader(node: ReadableNode, principal: string): void {
    this.#deleteReader.ready.run(principal, node.typeId, node.id);
  }
}

interface ReadableNode {
  readonly id: string;
  readonly typeId: number;
}
