import { readFileSync } from "node:fs";
import type { JsonValue } from "../../src/base/json.ts";
import type { RequestedOperation } from "../../src/engine/engine.ts";
import type { Grant } from "../../src/record/access.ts";
import type { AppendedEvent } from "../../src/record/event.ts";
import type {
  EdgeTarget,
  MembershipStep,
  NodeSharing,
  SchemaMode,
} from "../../src/record/transaction.ts";
import { decodeSchema } from "../../src/schema/schema-json.ts";
import type { Fields, Value } from "../../src/schema/value.ts";

/** Files of `test/golden/`: what was written once and must mean the same for ever. */
export function readGolden<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(`../golden/${file}`, import.meta.url), "utf8"));
}

/** Ints and timestamps are decimal text, bytes hexadecimal. */
export interface GoldenField {
  readonly field_id: number;
  readonly kind: Value["kind"];
  readonly value?: unknown;
}

type GoldenTarget = { id: string } | { edge_type_id: number; from_id: string; to_id: string };

/** An operation as a request has it; members that say nothing are left out. */
export interface GoldenOperation {
  readonly op: RequestedOperation["op"];
  readonly type_id?: number;
  readonly edge_type_id?: number;
  readonly id?: string;
  readonly alias?: string;
  readonly from_id?: string;
  readonly to_id?: string;
  readonly return_existing?: boolean;
  readonly expected_version?: number;
  readonly fields?: readonly GoldenField[];
  readonly preconditions?: readonly GoldenField[];
  readonly target?: GoldenTarget;
  readonly schema?: JsonValue;
  readonly mode?: SchemaMode;
  readonly sharing?: GoldenSharing;
  readonly node_id?: string;
  readonly principals?: readonly string[];
  readonly grant?: GoldenGrant;
  readonly principal?: string;
  /** Of a revoke; left out: all. */
  readonly permission?: Grant["permission"];
  readonly user_id?: string;
  readonly item_ids?: readonly string[];
  readonly before_offset?: number;
  readonly unread?: boolean;
  readonly step?: MembershipStep;
  readonly locked?: boolean;
  readonly aggregate_id?: string;
  readonly aggregate_type?: string;
  /** A nonce, or one of the other kinds. */
  readonly expected?: number | "none" | "exists" | "any";
  readonly first_nonce?: number;
  readonly events?: readonly GoldenEvent[];
  readonly condition?: GoldenCondition;
  readonly consumer?: string;
  readonly global_nonce?: number;
  readonly expected_global_nonce?: number;
  /** Of aggregates; left out: the default again. */
  readonly grants?: readonly GoldenGrant[];
}

/** Metadata and payload are hexadecimal. */
export interface GoldenEvent {
  readonly event_id: string;
  readonly event_type: string;
  readonly metadata?: string;
  readonly payload?: string;
  readonly tags?: readonly string[];
}

interface GoldenCondition {
  readonly items: readonly {
    readonly event_types: readonly string[];
    readonly tags: readonly string[];
  }[];
  readonly after_global_nonce: number;
}

export interface GoldenSharing {
  /** Left out: those of the type. */
  readonly grants?: readonly GoldenGrant[];
  readonly recipients?: readonly string[];
  readonly thread?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface GoldenGrant {
  readonly principal: string;
  readonly permission: Grant["permission"];
  readonly expires_at?: number;
}

export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
export const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));

export function goldenFields(fields: readonly GoldenField[] = []): Fields {
  return new Map(fields.map((field) => [field.field_id, goldenValue(field)]));
}

function goldenValue({ kind, value }: GoldenField): Value {
  switch (kind) {
    case "null":
      return { kind };
    case "int":
    case "timestamp":
      return { kind, value: BigInt(value as string) };
    case "list_int":
      return { kind, value: (value as string[]).map(BigInt) };
    case "bytes":
      return { kind, value: bytesOf(value as string) };
    default:
      return { kind, value } as Value;
  }
}

function goldenTarget(target: GoldenTarget | undefined): EdgeTarget {
  if (target === undefined) throw new Error("an edge operation has a target");
  if ("id" in target) return { by: "id", id: target.id };
  const { edge_type_id: edgeTypeId, from_id: fromId, to_id: toId } = target;
  return { by: "ends", edgeTypeId, fromId, toId };
}

function goldenSharing(golden: GoldenSharing): NodeSharing {
  const { grants, recipients = [], thread = "", metadata = {} } = golden;
  const mail = { thread, metadata: new Map(Object.entries(metadata)) };
  return { grants: grants?.map(goldenGrant), recipients, mail };
}

function goldenGrant({ principal, permission, expires_at: expiresAt = 0 }: GoldenGrant): Grant {
  return { principal, permission, expiresAt };
}

export function goldenOperation(golden: GoldenOperation): RequestedOperation {
  const { op, id = "", return_existing: returnExisting = false } = golden;
  const fields = goldenFields(golden.fields);
  const alias = golden.alias === undefined ? {} : { alias: golden.alias };
  switch (op) {
    case "create_node":
      return {
        op,
        typeId: golden.type_id ?? 0,
        id,
        returnExisting,
        fields,
        ...alias,
        ...(golden.sharing && { sharing: goldenSharing(golden.sharing) }),
      };
    case "update_node": {
      const preconditions = goldenFields(golden.preconditions);
      return { op, id, fields, expectedVersion: golden.expected_version ?? 0, preconditions };
    }
    case "delete_node":
    case "restore_node":
    case "purge_node":
      return { op, id, expectedVersion: golden.expected_version ?? 0 };
    case "create_edge": {
      const { edge_type_id: edgeTypeId = 0, from_id: fromId = "", to_id: toId = "" } = golden;
      return { op, edgeTypeId, id, fromId, toId, returnExisting, fields, ...alias };
    }
    case "update_edge":
      return { op, target: goldenTarget(golden.target), fields };
    case "delete_edge":
      return { op, target: goldenTarget(golden.target) };
    case "register_schema":
      return {
        op,
        schema: decodeSchema(golden.schema ?? {}),
        ...(golden.mode && { mode: golden.mode }),
      };
    default:
      return goldenAccess(golden);
  }
}

function goldenAccess(golden: GoldenOperation): RequestedOperation {
  const { op, node_id: nodeId = "", principal = "", permission } = golden;
  switch (op) {
    case "set_visibility":
      return { op, nodeId, principals: golden.principals ?? [] };
    case "grant":
      return { op, nodeId, grant: goldenGrant(said(golden.grant)) };
    case "revoke":
      return { op, nodeId, principal, permission };
    case "mark_read":
    case "delete_mailbox_items": {
      const { user_id: userId = "", item_ids: itemIds = [], unread = false } = golden;
      return { op, userId, itemIds, beforeOffset: golden.before_offset ?? 0, unread };
    }
    case "membership":
      return { op, step: said(golden.step) };
    case "schema_lock":
      return { op, locked: golden.locked ?? false };
    default:
      return goldenEvents(golden);
  }
}

function goldenEvents(golden: GoldenOperation): RequestedOperation {
  const { op, aggregate_type: aggregateType = "", consumer = "" } = golden;
  switch (op) {
    case "append_events": {
      const { expected = 0, condition } = golden;
      return {
        op,
        aggregateId: golden.aggregate_id ?? "",
        aggregateType,
        expected:
          typeof expected === "number" ? { kind: "exact", nonce: expected } : { kind: expected },
        firstNonce: golden.first_nonce ?? 0,
        events: (golden.events ?? []).map(goldenEvent),
        condition: condition && {
          items: condition.items.map(({ event_types: eventTypes, tags }) => ({ eventTypes, tags })),
          afterGlobalNonce: condition.after_global_nonce,
        },
        contentKey: undefined,
      };
    }
    case "store_checkpoint": {
      const { global_nonce: globalNonce = 0, expected_global_nonce: expected } = golden;
      return { op, consumer, globalNonce, expectedGlobalNonce: expected };
    }
    case "set_aggregate_grants":
      return { op, aggregateType, grants: golden.grants?.map(goldenGrant) };
    default:
      throw new Error(`no golden form for ${op}`);
  }
}

function goldenEvent(golden: GoldenEvent): AppendedEvent {
  const { event_id: eventId, event_type: eventType, tags = [] } = golden;
  const { metadata = "", payload = "" } = golden;
  return { eventId, eventType, metadata: bytesOf(metadata), payload: bytesOf(payload), tags };
}

function said<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("a golden operation lacks a part");
  return part;
}
