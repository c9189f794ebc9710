import { messageOf } from "../base/errors.ts";
import type { JsonObject, JsonValue } from "../base/json.ts";
import { decodeRecord, type LoggedRecord } from "../record/codec.ts";
import type {
  EdgeTarget,
  NodeSharing,
  Operation,
  SystemBody,
  TransactionRecord,
} from "../record/transaction.ts";
import { encodeSchema } from "../schema/schema-json.ts";
import type { Fields, Value } from "../schema/value.ts";
import type { LogRecord } from "../wal/wal.ts";
import { eventOperationForm, grantForm } from "./event-log-form.ts";

/**
 * A record of the log as `entdb log` shows it. The log knows ids, not names, so fields are
 * `{"<field id>": {"<kind>": value}}`, and a null clears. Integers beyond ±(2^53−1) are
 * strings; bytes are base64; json is the text that was sent.
 *
 * What this build cannot decode is shown raw: `error` and `body_base64` stand for the rest.
 */
export function logLine(record: LogRecord): JsonObject {
  let line: JsonObject = { offset: record.offset, log_time: record.logTime };
  try {
    const decoded = decodeRecord(record.body);
    line = { ...line, ...envelopeForm(decoded) };
    return { ...line, ...bodyForm(decoded.decodeBody()) };
  } catch (error) {
    return {
      ...line,
      error: messageOf(error),
      body_base64: Buffer.from(record.body).toString("base64"),
    };
  }
}

function envelopeForm(record: LoggedRecord): JsonObject {
  return {
    tenant_id: record.tenantId,
    incarnation: record.incarnation,
    actor: record.actor,
    roles: record.roles,
    idempotency_key: record.idempotencyKey,
    server_made_key: record.serverMadeKey,
    request_hash: Buffer.from(record.requestHash).toString("hex"),
    ...(record.credential === "" ? {} : { credential: record.credential }),
    rules_version: record.rulesVersion,
  };
}

function bodyForm(body: TransactionRecord["body"]): JsonObject {
  if (body.kind === "tenant_created") {
    const { tenantId, incarnation, partition, directory } = body;
    const created = { tenant_id: tenantId, incarnation, partition, directory };
    return { kind: body.kind, created };
  }
  if (body.kind !== "transaction") return systemForm(body);
  const operations = body.operations.map(operationForm);
  if (body.attachedSchema === undefined) return { kind: body.kind, operations };
  return { kind: body.kind, attached_schema: encodeSchema(body.attachedSchema), operations };
}

/** As the record has it, but for a key's hash, which is nobody's business. */
function systemForm(body: Exclude<SystemBody, { kind: "tenant_created" }>): JsonObject {
  switch (body.kind) {
    case "tenant_state_changed": {
      const { kind, tenantId, incarnation, suspended } = body;
      return { kind, tenant_id: tenantId, incarnation, suspended };
    }
    case "tenant_deleted":
      return { kind: body.kind, tenant_id: body.tenantId, incarnation: body.incarnation };
    case "tenant_limits_set":
      return {
        kind: body.kind,
        tenant_id: body.tenantId,
        incarnation: body.incarnation,
        requests_per_second: body.requestsPerSecond ?? null,
        request_burst: body.requestBurst ?? null,
      };
    case "api_key_created":
      return {
        kind: body.kind,
        key_id: body.keyId,
        tenant_id: body.tenantId,
        actor: body.actor,
        may_act_as: body.mayActAs,
        roles: body.roles,
        name: body.name,
        expires_at: body.expiresAt,
      };
    case "api_key_revoked":
      return { kind: body.kind, key_id: body.keyId };
    case "audit_event":
      return {
        kind: body.kind,
        action: body.action,
        tenant_id: body.tenantId,
        actor: body.actor,
        credential: body.credential,
        outcome: body.outcome,
        count: body.count,
        details: Object.fromEntries(body.details),
      };
  }
}

function operationForm(operation: Operation): JsonObject {
  const { op } = operation;
  switch (op) {
    case "create_node":
      return {
        op,
        type_id: operation.typeId,
        id: operation.id,
        fields: fieldsForm(operation.fields),
        return_existing: operation.returnExisting,
        ...sharingForm(operation.sharing),
      };
    case "update_node":
      return {
        op,
        id: operation.id,
        fields: fieldsForm(operation.fields),
        expected_version: operation.expectedVersion,
        preconditions: fieldsForm(operation.preconditions),
      };
    case "delete_node":
    case "restore_node":
    case "purge_node":
      return { op, id: operation.id, expected_version: operation.expectedVersion };
    case "create_edge":
      return {
        op,
        edge_type_id: operation.edgeTypeId,
        id: operation.id,
        from: operation.fromId,
        to: operation.toId,
        fields: fieldsForm(operation.fields),
        return_existing: operation.returnExisting,
      };
    case "update_edge":
      return { op, ...targetForm(operation.target), fields: fieldsForm(operation.fields) };
    case "delete_edge":
      return { op, ...targetForm(operation.target) };
    case "register_schema":
      return { op, schema: encodeSchema(operation.schema), mode: operation.mode ?? "merge" };
    case "set_visibility":
      return { op, node_id: operation.nodeId, principals: operation.principals };
    case "grant":
      return { op, node_id: operation.nodeId, ...grantForm(operation.grant) };
    case "revoke": {
      const { nodeId, principal, permission = "all" } = operation;
      return { op, node_id: nodeId, principal, permission };
    }
    case "mark_read":
    case "delete_mailbox_items": {
      const { userId, itemIds, beforeOffset, unread } = operation;
      return { op, user_id: userId, item_ids: itemIds, before_offset: beforeOffset, unread };
    }
    case "membership":
      return { op, ...operation.step };
    case "schema_lock":
      return { op, locked: operation.locked };
    default:
      return eventOperationForm(operation);
  }
}

function sharingForm(sharing: NodeSharing | undefined): JsonObject {
  if (sharing === undefined) return {};
  const { grants, recipients, mail } = sharing;
  return {
    ...(grants && { grants: grants.map(grantForm) }),
    recipients,
    thread: mail.thread,
    metadata: Object.fromEntries(mail.metadata),
  };
}

function targetForm(target: EdgeTarget): JsonObject {
  if (target.by === "id") return { id: target.id };
  return { edge_type_id: target.edgeTypeId, from: target.fromId, to: target.toId };
}

function fieldsForm(fields: Fields): JsonObject {
  const ascending = [...fields].sort(([a], [b]) => a - b);
  return Object.fromEntries(ascending.map(([id, value]) => [String(id), valueForm(value)]));
}

function valueForm(value: Value): JsonValue {
  switch (value.kind) {
    case "null":
      return null;
    case "int":
    case "timestamp":
      return { [value.kind]: integerForm(value.value) };
    case "list_int":
      return { list_int: value.value.map(integerForm) };
    case "bytes":
      return { bytes: Buffer.from(value.value).toString("base64") };
    default:
      return { [value.kind]: value.value };
  }
}

function integerForm(value: bigint): number | string {
  const near = Number(value);
  return Number.isSafeInteger(near) ? near : value.toString();
}
