import type { Database } from "bun:sqlite";
import type { ApiKeyCreated } from "../../record/transaction.ts";
import { LazyStatement } from "../lazy-statement.ts";

/** Keys in `_system`. One that is revoked stays as a row, to be accounted for; those of a tenant go with it. */
export class ApiKeyWriter {
  readonly #insert: LazyStatement;
  readonly #revoke: LazyStatement;
  readonly #deleteAll: LazyStatement;

  constructor(db: Database) {
    this.#insert = new LazyStatement(
      db,
      `INSERT INTO api_keys
         (key_id, secret_hash, tenant_id, incarnation, actor, may_act_as, roles, name, created_at,
          expires_at, revoked_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)`,
    );
    this.#revoke = new LazyStatement(
      db,
      "UPDATE api_keys SET revoked_at = ? WHERE key_id = ? AND revoked_at IS NULL",
    );
    this.#deleteAll = new LazyStatement(
      db,
      "DELETE FROM api_keys WHERE tenant_id = ? AND incarnation = ?",
    );
  }

  insert(key: ApiKeyCreated, logTime: number): void {
    this.#insert.ready.run(
      key.keyId,
      key.secretHash,
      key.tenantId,
      key.incarnation,
      key.actor,
      JSON.stringify(key.mayActAs),
      JSON.stringify(key.roles),
      key.name,
      logTime,
      key.expiresAt === 0 ? null : key.expiresAt,
    );
  }

  /** The first time stands. */
  revoke(keyId: string, logTime: number): void {
    this.#revoke.ready.run(logTime, keyId);
  }

  /** Every key of one life of a tenant. */
  deleteAllOf(tenantId: string, incarnation: number): void {
    this.#deleteAll.ready.run(tenantId, incarnation);
  }
}
