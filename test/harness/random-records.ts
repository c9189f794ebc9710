/** Records as fast-check makes them: every kind of body and operation, at the edges of their encodings. */
import fc from "fast-check";
import { RIGHTS } from "../../src/record/access.ts";
import {
  type EdgeTarget,
  type MembershipStep,
  type NodeSharing,
  type Operation,
  RULES_VERSION,
  type SystemBody,
  type TransactionRecord,
} from "../../src/record/transaction.ts";
import { PERMISSIONS } from "../../src/schema/types.ts";
import type { Fields } from "../../src/schema/value.ts";
import { EVERY_KIND, EVERY_VALUE, thingWith } from "./schemas.ts";

/** The schema of every record here that has one. */
export const RECORD_SCHEMA = thingWith(...EVERY_KIND);

/** Lengths on both sides of where a length takes another byte. */
const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.nat(300).map((length) => "a".repeat(length)),
  fc.constant("é".repeat(9_000)),
);
const word = fc.stringMatching(/^[a-z]{1,12}$/);
const words = fc
  .array(fc.tuple(word, text), { maxLength: 3 })
  .map((entries) => new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1))));
const id = fc.nat().map((n) => `nd_${String(n).padStart(26, "0")}`);
const typeId = fc.integer({ min: 1, max: 2 ** 31 - 1 });
const whole = fc.maxSafeNat();
const fields: fc.Arbitrary<Fields> = fc
  .subarray([...EVERY_VALUE])
  .map((entries) => new Map(entries));
const target: fc.Arbitrary<EdgeTarget> = fc.oneof(
  fc.record({ by: fc.constant("id" as const), id }),
  fc.record({ by: fc.constant("ends" as const), edgeTypeId: typeId, fromId: id, toId: id }),
);
const permission = fc.constantFrom(...PERMISSIONS);
const grant = fc.record({ principal: text, permission, expiresAt: whole });
const mail = fc.record({ thread: text, metadata: words });
/** What says neither is not written as anything. */
const sharing: fc.Arbitrary<NodeSharing> = fc.oneof(
  fc.record({ grants: fc.array(grant), recipients: fc.array(text), mail }),
  fc.record({
    grants: fc.constant(undefined),
    recipients: fc.array(text, { minLength: 1 }),
    mail,
  }),
);

const step: fc.Arbitrary<MembershipStep> = fc.oneof(
  fc.record({
    action: fc.constant("put_role" as const),
    role: text,
    rights: fc.subarray([...RIGHTS]),
  }),
  fc.record({ action: fc.constant("delete_role" as const), role: text }),
  fc.record({
    action: fc.constantFrom("put_group" as const, "delete_group" as const),
    group: text,
  }),
  fc.record({
    action: fc.constantFrom("add_to_group" as const, "remove_from_group" as const),
    group: text,
    member: text,
  }),
  fc.record({
    action: fc.constant("set_member" as const),
    principal: text,
    roles: fc.array(text),
  }),
  fc.record({ action: fc.constant("remove_member" as const), principal: text }),
);

const graphOperation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record(
    {
      op: fc.constant("create_node" as const),
      typeId,
      id,
      fields,
      returnExisting: fc.boolean(),
      sharing,
    },
    { requiredKeys: ["op", "typeId", "id", "fields", "returnExisting"] },
  ),
  fc.record({
    op: fc.constant("update_node" as const),
    id,
    fields,
    expectedVersion: whole,
    preconditions: fields,
  }),
  fc.record({
    op: fc.constantFrom("delete_node" as const, "restore_node" as const, "purge_node" as const),
    id,
    expectedVersion: whole,
  }),
  fc.record({
    op: fc.constant("create_edge" as const),
    edgeTypeId: typeId,
    id,
    fromId: id,
    toId: id,
    fields,
    returnExisting: fc.boolean(),
  }),
  fc.record({ op: fc.constant("update_edge" as const), target, fields }),
  fc.record({ op: fc.constant("delete_edge" as const), target }),
);

const accessOperation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    op: fc.constant("set_visibility" as const),
    nodeId: id,
    principals: fc.array(text),
  }),
  fc.record({ op: fc.constant("grant" as const), nodeId: id, grant }),
  fc.record({
    op: fc.constant("revoke" as const),
    nodeId: id,
    principal: text,
    permission: fc.option(permission, { nil: undefined }),
  }),
  fc.record({
    op: fc.constantFrom("mark_read" as const, "delete_mailbox_items" as const),
    userId: text,
    itemIds: fc.array(text),
    beforeOffset: whole,
    unread: fc.boolean(),
  }),
  fc.record({ op: fc.constant("membership" as const), step }),
  fc.record({ op: fc.constant("schema_lock" as const), locked: fc.boolean() }),
  fc.record(
    {
      op: fc.constant("register_schema" as const),
      schema: fc.constant(RECORD_SCHEMA),
      mode: fc.constant("replace" as const),
    },
    { requiredKeys: ["op", "schema"] },
  ),
);

/** An append has many texts: long ones in each would be a test of patience. */
const brief = fc.oneof(fc.string({ unit: "grapheme" }), word);
const someBytes = fc.uint8Array({ maxLength: 150 });
const few = fc.array(brief, { maxLength: 2 });
const eventOperation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    op: fc.constant("append_events" as const),
    aggregateId: text,
    aggregateType: text,
    expected: fc.oneof(
      fc.record({ kind: fc.constant("exact" as const), nonce: whole }),
      fc.record({ kind: fc.constantFrom("none" as const, "exists" as const, "any" as const) }),
    ),
    firstNonce: whole,
    events: fc.array(
      fc.record({
        eventId: brief,
        eventType: brief,
        metadata: someBytes,
        payload: someBytes,
        tags: few,
      }),
      { maxLength: 3 },
    ),
    condition: fc.option(
      fc.record({
        items: fc.array(fc.record({ eventTypes: few, tags: few }), { maxLength: 2 }),
        afterGlobalNonce: whole,
      }),
      { nil: undefined },
    ),
    contentKey: fc.option(text, { nil: undefined }),
  }),
  fc.record({
    op: fc.constant("store_checkpoint" as const),
    consumer: text,
    globalNonce: whole,
    expectedGlobalNonce: fc.option(whole, { nil: undefined }),
  }),
  fc.record({
    op: fc.constant("set_aggregate_grants" as const),
    aggregateType: text,
    grants: fc.option(fc.array(grant), { nil: undefined }),
  }),
);

const life = { tenantId: text, incarnation: whole };
const systemBody: fc.Arbitrary<SystemBody> = fc.oneof(
  fc.record({
    kind: fc.constant("tenant_created" as const),
    ...life,
    partition: fc.nat(),
    directory: text,
  }),
  fc.record({
    kind: fc.constant("tenant_state_changed" as const),
    ...life,
    suspended: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("tenant_deleted" as const), ...life }),
  fc.record({
    kind: fc.constant("tenant_limits_set" as const),
    ...life,
    requestsPerSecond: fc.option(whole, { nil: undefined }),
    requestBurst: fc.option(whole, { nil: undefined }),
  }),
  fc.record({
    kind: fc.constant("api_key_created" as const),
    ...life,
    keyId: text,
    secretHash: fc.uint8Array({ maxLength: 40 }),
    actor: text,
    mayActAs: fc.array(text),
    roles: fc.array(text),
    name: text,
    expiresAt: whole,
  }),
  fc.record({ kind: fc.constant("api_key_revoked" as const), keyId: text }),
  fc.record({
    kind: fc.constant("audit_event" as const),
    action: text,
    tenantId: text,
    actor: text,
    credential: text,
    outcome: text,
    count: whole,
    details: words,
  }),
);

export const randomRecord: fc.Arbitrary<TransactionRecord> = fc.record({
  rulesVersion: fc.constant(RULES_VERSION),
  tenantId: text,
  incarnation: whole,
  actor: text,
  roles: fc.array(text),
  idempotencyKey: text,
  serverMadeKey: fc.boolean(),
  requestHash: fc.uint8Array({ maxLength: 40 }),
  credential: text,
  body: fc.oneof(
    fc.record({
      kind: fc.constant("transaction" as const),
      operations: fc.array(fc.oneof(graphOperation, accessOperation, eventOperation)),
      attachedSchema: fc.constantFrom(undefined, RECORD_SCHEMA),
    }),
    systemBody,
  ),
});
