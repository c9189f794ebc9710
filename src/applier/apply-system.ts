/**
 * Records of `_system`: tenants, their state and limits, keys, audit. Record and database in,
 * nothing else. Each leaves one row of audit, whatever it came to, in the SQLite transaction
 * that holds its effects. Everything is checked before anything is written.
 */
import { EntError } from "../base/errors.ts";
import { limitDetails, limits } from "../base/limits.ts";
import type { Outcome } from "../record/outcome.ts";
import type {
  ApiKeyCreated,
  SystemBody,
  TenantCreated,
  TransactionRecord,
} from "../record/transaction.ts";
import type { AuditRow } from "../store/audit-row.ts";
import { ApiKeyReader } from "../store/reader/api-key-reader.ts";
import { type CatalogEntry, CatalogReader } from "../store/reader/catalog-reader.ts";
import type { TenantStore } from "../store/tenant-store.ts";
import { ApiKeyWriter } from "../store/writer/api-key-writer.ts";
import { AuditWriter } from "../store/writer/audit-writer.ts";
import { CatalogWriter } from "../store/writer/catalog-writer.ts";

/** The statements of the catalog on the write connection of `_system`, prepared when first used. */
export class SystemStatements {
  readonly catalog: CatalogReader;
  readonly catalogWriter: CatalogWriter;
  readonly keys: ApiKeyReader;
  readonly keyWriter: ApiKeyWriter;
  readonly audit: AuditWriter;

  constructor(db: TenantStore["writeConnection"]) {
    this.catalog = new CatalogReader(db);
    this.catalogWriter = new CatalogWriter(db);
    this.keys = new ApiKeyReader(db);
    this.keyWriter = new ApiKeyWriter(db);
    this.audit = new AuditWriter(db);
  }
}

interface Placed {
  readonly offset: number;
  readonly logTime: number;
  readonly record: Pick<TransactionRecord, "actor" | "credential">;
}

/** What a record of `_system` comes to. What is thrown is trouble, never an outcome. */
export function applySystem(
  statements: SystemStatements,
  body: SystemBody,
  placed: Placed,
): Outcome {
  // Before the effects: a key that is revoked still says whose it is.
  const row = auditRowOf(statements, body, placed);
  const outcome = decide(statements, body, placed);
  const decision = outcome.state === "applied" ? row.outcome : outcome.reason;
  statements.audit.insert({ ...row, outcome: decision });
  return outcome;
}

function decide(statements: SystemStatements, body: SystemBody, placed: Placed): Outcome {
  try {
    change(statements, body, placed);
    return { state: "applied", results: [], schemaDifferences: [] };
  } catch (error) {
    if (!(error instanceof EntError)) throw error;
    const { code, reason, message, hint, details } = error;
    return { state: "rejected", code, reason, message, hint: hint ?? "", details };
  }
}

function change(statements: SystemStatements, body: SystemBody, placed: Placed): void {
  const { catalog, catalogWriter, keys, keyWriter } = statements;
  switch (body.kind) {
    case "tenant_created":
      requireNextLife(catalog, body);
      return catalogWriter.insert(body, placed);
    case "tenant_state_changed":
      requireLife(catalog, body);
      return catalogWriter.setState(body.tenantId, body.suspended ? "suspended" : "active");
    case "tenant_limits_set":
      requireLife(catalog, body);
      return catalogWriter.setLimits(body.tenantId, body);
    case "tenant_deleted":
      requireLife(catalog, body);
      catalogWriter.setState(body.tenantId, "deleted");
      return keyWriter.deleteAllOf(body.tenantId, body.incarnation);
    case "api_key_created":
      requireRoomForKey(statements, body, placed.logTime);
      return keyWriter.insert(body, placed.logTime);
    case "api_key_revoked":
      if (keys.find(body.keyId) === undefined) throw apiKeyNotFound(body.keyId);
      return keyWriter.revoke(body.keyId, placed.logTime);
    case "audit_event":
      return;
  }
}

/** Whoever creates a tenant says which life of its id this is: it must be the next one. */
function requireNextLife(catalog: CatalogReader, body: TenantCreated): void {
  const { tenantId, incarnation } = body;
  const lives = catalog.find(tenantId) !== undefined;
  if (!lives && incarnation === catalog.lastIncarnation(tenantId) + 1) return;
  throw new EntError({
    code: "already_exists",
    reason: "TENANT_ALREADY_EXISTS",
    message: lives
      ? `There is a tenant ${tenantId} already.`
      : `Tenant ${tenantId} was created and deleted in between.`,
    hint: lives ? "Use it, or choose another id." : "Create it again.",
    details: { tenant_id: tenantId },
  });
}

/** Throws TENANT_NOT_FOUND unless the tenant is there, in the life that the record means. */
function requireLife(
  catalog: CatalogReader,
  body: { readonly tenantId: string; readonly incarnation: number },
): CatalogEntry {
  const entry = catalog.find(body.tenantId);
  if (entry?.incarnation === body.incarnation) return entry;
  throw new EntError({
    code: "not_found",
    reason: "TENANT_NOT_FOUND",
    message: `There is no tenant ${body.tenantId}.`,
    details: { tenant_id: body.tenantId },
  });
}

function requireRoomForKey(
  { catalog, keys }: SystemStatements,
  body: ApiKeyCreated,
  logTime: number,
): void {
  const { tenantId, incarnation } = body;
  if (tenantId !== "") requireLife(catalog, body);
  if (keys.find(body.keyId) !== undefined) {
    throw new EntError({
      code: "already_exists",
      reason: "INVALID_ID",
      message: `There is a key ${body.keyId} already.`,
      hint: "Make another one.",
    });
  }
  const most = limits.apiKeysPerTenant;
  if (keys.countHolding(tenantId, incarnation, logTime) < most) return;
  throw new EntError({
    code: "failed_precondition",
    reason: "LIMIT_EXCEEDED",
    message: `There would be more than ${most} keys that hold.`,
    hint: "Revoke keys that nobody uses, or let keys expire.",
    details: limitDetails("apiKeysPerTenant"),
  });
}

function apiKeyNotFound(keyId: string): EntError {
  return new EntError({
    code: "not_found",
    reason: "API_KEY_NOT_FOUND",
    message: `There is no key ${keyId}.`,
    hint: "List the keys.",
    details: { key_id: keyId },
  });
}

/** The record as the audit tells of it. Secrets are in no record, and their hashes in no row. */
function auditRowOf(statements: SystemStatements, body: SystemBody, placed: Placed): AuditRow {
  const { actor, credential } = placed.record;
  const at = { position: placed.offset, seq: 0, at: placed.logTime };
  if (body.kind === "audit_event") return { ...at, ...body };
  const said = { outcome: "applied", count: 1, actor, credential };
  const tenantId =
    body.kind === "api_key_revoked"
      ? (statements.keys.find(body.keyId)?.tenantId ?? "")
      : body.tenantId;
  return { ...at, ...said, tenantId, action: actionOf(body), details: detailsOf(body) };
}

function actionOf(body: SystemBody): string {
  if (body.kind !== "tenant_state_changed") return body.kind;
  return body.suspended ? "tenant_suspended" : "tenant_resumed";
}

function detailsOf(body: Exclude<SystemBody, { kind: "audit_event" }>): Map<string, string> {
  switch (body.kind) {
    case "tenant_created":
    case "tenant_state_changed":
    case "tenant_deleted":
      return new Map([["incarnation", String(body.incarnation)]]);
    case "tenant_limits_set":
      return new Map([
        ["requests_per_second", String(body.requestsPerSecond ?? "server")],
        ["request_burst", String(body.requestBurst ?? "server")],
      ]);
    case "api_key_created":
      return new Map([
        ["key_id", body.keyId],
        ["actor", body.actor],
        ["may_act_as", body.mayActAs.join(" ")],
        ["roles", body.roles.join(" ")],
        ["name", body.name],
        ["expires_at", String(body.expiresAt)],
      ]);
    case "api_key_revoked":
      return new Map([["key_id", body.keyId]]);
  }
}
