import type { Database } from "bun:sqlite";
import { LazyStatement } from "../lazy-statement.ts";

/** A key as `_system` knows it. */
export interface StoredApiKey {
  readonly keyId: string;
  /** SHA-256 of the secret. */
  readonly secretHash: Uint8Array;
  /** Empty: the server's. */
  readonly tenantId: string;
  /** Which life of the tenant's id it belongs to; 0 for the server's. */
  readonly incarnation: number;
  readonly actor: string;
  readonly mayActAs: readonly string[];
  readonly roles: readonly string[];
  readonly name: string;
  readonly createdAt: number;
  /** Log time from which on it no longer holds, Unix milliseconds; 0: never. */
  readonly expiresAt: number;
  /** 0: it holds. */
  readonly revokedAt: number;
}

const COLUMNS = `key_id, secret_hash, tenant_id, incarnation, actor, may_act_as, roles, name,
  created_at, expires_at, revoked_at`;
type Row = [
  string,
  Uint8Array,
  string,
  bigint,
  string,
  string,
  string,
  string,
  bigint,
  bigint | null,
  bigint | null,
];

function keyOfRow(row: Row): StoredApiKey {
  return {
    keyId: row[0],
    secretHash: row[1],
    tenantId: row[2],
    incarnation: Number(row[3]),
    actor: row[4],
    mayActAs: JSON.parse(row[5]),
    roles: JSON.parse(row[6]),
    name: row[7],
    createdAt: Number(row[8]),
    expiresAt: Number(row[9] ?? 0),
    revokedAt: Number(row[10] ?? 0),
  };
}

export class ApiKeyReader {
  readonly #byId: LazyStatement;
  readonly #page: LazyStatement;
  readonly #holding: LazyStatement;

  constructor(db: Database) {
    this.#byId = new LazyStatement(db, `SELECT ${COLUMNS} FROM api_keys WHERE key_id = ?`);
    this.#page = new LazyStatement(
      db,
      `SELECT ${COLUMNS} FROM api_keys
       WHERE tenant_id = ? AND incarnation = ? AND key_id > ? ORDER BY key_id LIMIT ?`,
    );
    this.#holding = new LazyStatement(
      db,
      `SELECT count(*) FROM api_keys
       WHERE tenant_id = ? AND incarnation = ? AND revoked_at IS NULL
         AND (expires_at IS NULL OR expires_at > ?)`,
    );
  }

  /** Also one that was revoked, has expired, or whose tenant has gone. */
  find(keyId: string): StoredApiKey | undefined {
    const row = this.#byId.ready.values(keyId)[0] as Row | undefined;
    return row && keyOfRow(row);
  }

  /** At most `limit` keys of one life of a tenant behind `after`, in the order of their ids. */
  list(tenantId: string, incarnation: number, after: string, limit: number): StoredApiKey[] {
    return (this.#page.ready.values(tenantId, incarnation, after, limit) as Row[]).map(keyOfRow);
  }

  /** How many hold at this log time. */
  countHolding(tenantId: string, incarnation: number, logTime: number): number {
    const row = this.#holding.ready.values(tenantId, incarnation, logTime)[0] as [bigint];
    return Number(row[0]);
  }
}
