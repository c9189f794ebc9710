/** Records as the code that is generated from the proto holds them, for tests that compare its bytes with ours. */
import { create } from "@bufbuild/protobuf";
import {
  AggregateGrantsSchema,
  ApiKeyCreatedSchema,
  ApiKeyRevokedSchema,
  AppendConditionSchema,
  AppendEventsSchema,
  AppendedEventSchema,
  AuditEventSchema,
  CreateEdgeSchema,
  CreateNodeSchema,
  EdgeTargetSchema,
  EventQueryItemSchema,
  GrantChangeSchema,
  GrantSchema,
  MailboxChangeSchema,
  MembershipChangeSchema,
  NodeStepSchema,
  type Operation as OperationMessage,
  OperationSchema,
  type Record as RecordMessage,
  RecordSchema,
  SchemaLockSchema,
  SchemaSchema,
  SetVisibilitySchema,
  StoreCheckpointSchema,
  TenantCreatedSchema,
  TenantDeletedSchema,
  TenantLimitsSetSchema,
  TenantStateChangedSchema,
  TransactionSchema,
  UpdateEdgeSchema,
  UpdateNodeSchema,
} from "../../gen/entdb/wal/v1/record_pb.ts";
import type { Grant } from "../../src/record/access.ts";
import type { AppendEvents, SetAggregateGrants, StoreCheckpoint } from "../../src/record/event.ts";
import type {
  CreateNode,
  EdgeTarget,
  MembershipStep,
  Operation,
  SystemBody,
  TransactionRecord,
} from "../../src/record/transaction.ts";
import { encodeFields } from "../../src/record/value-codec.ts";
import { encodeSchemaText } from "../../src/schema/schema-json.ts";

export function recordMessage(record: TransactionRecord): RecordMessage {
  const { body, roles, incarnation, ...envelope } = record;
  const bodyMessage = body.kind === "transaction" ? transactionCase(body) : systemCase(body);
  const life = { roles: [...roles], incarnation: BigInt(incarnation) };
  return create(RecordSchema, { ...envelope, ...life, body: bodyMessage });
}

function transactionCase(body: Extract<TransactionRecord["body"], { kind: "transaction" }>) {
  const attachedSchema =
    body.attachedSchema && create(SchemaSchema, { json: encodeSchemaText(body.attachedSchema) });
  const operations = body.operations.map((operation) => {
    const message = create(OperationSchema);
    message.operation = operationCase(operation);
    return message;
  });
  const value = create(TransactionSchema, {
    operations,
    ...(attachedSchema && { attachedSchema }),
  });
  return { case: "transaction", value } as const;
}

function systemCase(body: SystemBody): RecordMessage["body"] {
  switch (body.kind) {
    case "api_key_revoked":
      return { case: "apiKeyRevoked", value: create(ApiKeyRevokedSchema, { keyId: body.keyId }) };
    case "audit_event": {
      const { kind: _, count, details, ...plain } = body;
      const rest = { count: BigInt(count), details: Object.fromEntries(details) };
      return { case: "auditEvent", value: create(AuditEventSchema, { ...plain, ...rest }) };
    }
    default:
      return tenantCase(body);
  }
}

function tenantCase(
  body: Exclude<SystemBody, { kind: "api_key_revoked" | "audit_event" }>,
): RecordMessage["body"] {
  const { tenantId } = body;
  const life = { tenantId, incarnation: BigInt(body.incarnation) };
  switch (body.kind) {
    case "tenant_created": {
      const { partition, directory } = body;
      const value = create(TenantCreatedSchema, { ...life, partition, directory });
      return { case: "tenantCreated", value };
    }
    case "tenant_state_changed": {
      const value = create(TenantStateChangedSchema, { ...life, suspended: body.suspended });
      return { case: "tenantStateChanged", value };
    }
    case "tenant_deleted":
      return { case: "tenantDeleted", value: create(TenantDeletedSchema, life) };
    case "tenant_limits_set": {
      const { requestsPerSecond: rate, requestBurst: burst } = body;
      const value = create(TenantLimitsSetSchema, {
        ...life,
        ...(rate !== undefined && { requestsPerSecond: BigInt(rate) }),
        ...(burst !== undefined && { requestBurst: BigInt(burst) }),
      });
      return { case: "tenantLimitsSet", value };
    }
    case "api_key_created": {
      const { keyId, secretHash, actor, name, expiresAt } = body;
      const lists = { mayActAs: [...body.mayActAs], roles: [...body.roles] };
      const plain = { keyId, secretHash, actor, name, expiresAt: BigInt(expiresAt) };
      const value = create(ApiKeyCreatedSchema, { ...life, ...lists, ...plain });
      return { case: "apiKeyCreated", value };
    }
  }
}

const STEPS = {
  delete_node: "deleteNode",
  restore_node: "restoreNode",
  purge_node: "purgeNode",
} as const;

function operationCase(operation: Operation): OperationMessage["operation"] {
  switch (operation.op) {
    case "create_node":
      return { case: "createNode", value: createNodeMessage(operation) };
    case "update_node": {
      const value = create(UpdateNodeSchema, {
        id: operation.id,
        fields: encodeFields(operation.fields),
        expectedVersion: BigInt(operation.expectedVersion),
        preconditions: encodeFields(operation.preconditions),
      });
      return { case: "updateNode", value };
    }
    case "delete_node":
    case "restore_node":
    case "purge_node": {
      const expectedVersion = BigInt(operation.expectedVersion);
      const value = create(NodeStepSchema, { id: operation.id, expectedVersion });
      return { case: STEPS[operation.op], value };
    }
    case "create_edge": {
      const { op: _, ...plain } = operation;
      const value = create(CreateEdgeSchema, { ...plain, fields: encodeFields(operation.fields) });
      return { case: "createEdge", value };
    }
    case "update_edge": {
      const value = create(UpdateEdgeSchema, {
        target: targetMessage(operation.target),
        fields: encodeFields(operation.fields),
      });
      return { case: "updateEdge", value };
    }
    case "delete_edge":
      return { case: "deleteEdge", value: targetMessage(operation.target) };
    default:
      return accessCase(operation);
  }
}

type GraphOperation = Extract<
  Operation,
  {
    op: `${"create" | "update" | "delete" | "restore" | "purge"}_${"node" | "edge"}`;
  }
>;

function accessCase(operation: Exclude<Operation, GraphOperation>): OperationMessage["operation"] {
  switch (operation.op) {
    case "register_schema": {
      const json = encodeSchemaText(operation.schema);
      const value = create(SchemaSchema, { json, replace: operation.mode === "replace" });
      return { case: "registerSchema", value };
    }
    case "set_visibility": {
      const { nodeId, principals } = operation;
      const value = create(SetVisibilitySchema, { nodeId, principals: [...principals] });
      return { case: "setVisibility", value };
    }
    case "grant": {
      const grant = grantMessage(operation.grant);
      return {
        case: "grant",
        value: create(GrantChangeSchema, { nodeId: operation.nodeId, grant }),
      };
    }
    case "revoke": {
      const { nodeId, principal, permission } = operation;
      const grant = grantMessage({ principal, permission, expiresAt: 0 });
      return { case: "revoke", value: create(GrantChangeSchema, { nodeId, grant }) };
    }
    case "mark_read":
    case "delete_mailbox_items": {
      const { userId, itemIds, beforeOffset, unread } = operation;
      const numbers = { beforeOffset: BigInt(beforeOffset), unread };
      const value = create(MailboxChangeSchema, { userId, itemIds: [...itemIds], ...numbers });
      return { case: operation.op === "mark_read" ? "markRead" : "deleteMailboxItems", value };
    }
    case "membership":
      return { case: "membership", value: stepMessage(operation.step) };
    case "schema_lock": {
      const value = create(SchemaLockSchema, { locked: operation.locked });
      return { case: "schemaLock", value };
    }
    default:
      return eventCase(operation);
  }
}

function eventCase(
  operation: AppendEvents | StoreCheckpoint | SetAggregateGrants,
): OperationMessage["operation"] {
  switch (operation.op) {
    case "append_events":
      return { case: "appendEvents", value: appendMessage(operation) };
    case "store_checkpoint": {
      const { consumer, globalNonce, expectedGlobalNonce: expected } = operation;
      const before = expected !== undefined && { expectedGlobalNonce: BigInt(expected) };
      const value = create(StoreCheckpointSchema, {
        consumer,
        globalNonce: BigInt(globalNonce),
        ...before,
      });
      return { case: "storeCheckpoint", value };
    }
    case "set_aggregate_grants": {
      const { aggregateType, grants } = operation;
      const value = create(AggregateGrantsSchema, {
        aggregateType,
        grants: (grants ?? []).map(grantMessage),
        reset: grants === undefined,
      });
      return { case: "setAggregateGrants", value };
    }
  }
}

function appendMessage(operation: AppendEvents) {
  const { expected, condition, contentKey, events } = operation;
  return create(AppendEventsSchema, {
    aggregateId: operation.aggregateId,
    aggregateType: operation.aggregateType,
    expectation: ["exact", "none", "exists", "any"].indexOf(expected.kind) + 1,
    expectedNonce: BigInt(expected.kind === "exact" ? expected.nonce : 0),
    firstNonce: BigInt(operation.firstNonce),
    events: events.map(({ tags, ...event }) =>
      create(AppendedEventSchema, { ...event, tags: [...tags] }),
    ),
    ...(condition && {
      condition: create(AppendConditionSchema, {
        items: condition.items.map(({ eventTypes, tags }) =>
          create(EventQueryItemSchema, { eventTypes: [...eventTypes], tags: [...tags] }),
        ),
        afterGlobalNonce: BigInt(condition.afterGlobalNonce),
      }),
    }),
    knownByContent: contentKey !== undefined,
    key: contentKey ?? "",
  });
}

function createNodeMessage({ op: _, sharing, ...plain }: CreateNode) {
  const whole = { ...plain, fields: encodeFields(plain.fields) };
  if (sharing === undefined) return create(CreateNodeSchema, whole);
  const { grants, recipients, mail } = sharing;
  return create(CreateNodeSchema, {
    ...whole,
    grants: (grants ?? []).map(grantMessage),
    ownGrants: grants !== undefined,
    recipients: [...recipients],
    thread: mail.thread,
    metadata: [...mail.metadata].flat(),
  });
}

const LEVELS = { read: 1, write: 2, delete: 3, admin: 4 } as const;

function grantMessage(
  grant: Omit<Grant, "permission"> & { readonly permission: Grant["permission"] | undefined },
) {
  const permission = grant.permission === undefined ? 0 : LEVELS[grant.permission];
  const expiresAt = BigInt(grant.expiresAt);
  return create(GrantSchema, { principal: grant.principal, permission, expiresAt });
}

function stepMessage(step: MembershipStep) {
  const parts = (action: number, subject: string, member = "", names: readonly string[] = []) =>
    create(MembershipChangeSchema, { action, subject, member, names: [...names] });
  switch (step.action) {
    case "put_role":
      return parts(1, step.role, "", step.rights);
    case "delete_role":
      return parts(2, step.role);
    case "put_group":
      return parts(3, step.group);
    case "delete_group":
      return parts(4, step.group);
    case "add_to_group":
      return parts(5, step.group, step.member);
    case "remove_from_group":
      return parts(6, step.group, step.member);
    case "set_member":
      return parts(7, step.principal, "", step.roles);
    case "remove_member":
      return parts(8, step.principal);
  }
}

function targetMessage({ by: _, ...plain }: EdgeTarget) {
  return create(EdgeTargetSchema, plain);
}
