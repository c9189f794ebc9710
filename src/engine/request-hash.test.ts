import { describe, expect, test } from "bun:test";
import {
  type GoldenField,
  type GoldenGrant,
  type GoldenOperation,
  type GoldenSharing,
  goldenOperation,
  hexOf,
  readGolden,
} from "../../test/harness/golden.ts";
import { EVERY_VALUE } from "../../test/harness/schemas.ts";
import type { JsonValue } from "../base/json.ts";
import type { RequestedOperation } from "./engine.ts";
import { requestHash } from "./request-hash.ts";

interface Vector {
  readonly name: string;
  readonly actor: string;
  readonly operations: readonly GoldenOperation[];
  /** The canonical encoding, hexadecimal. */
  readonly request: string;
  readonly hash: string;
}

const { vectors } = readGolden<{ readonly vectors: readonly Vector[] }>("request-hashes.json");

/** The encoding once more, from its description alone, over the JSON of the golden file. */
function naiveRequest(actor: string, operations: readonly GoldenOperation[]): number[] {
  return [1, ...text(actor), ...varint(operations.length), ...operations.flatMap(naiveOperation)];
}

const TAGS: Readonly<Record<GoldenOperation["op"], number>> = {
  create_node: 1,
  update_node: 2,
  delete_node: 3,
  restore_node: 4,
  purge_node: 5,
  create_edge: 6,
  update_edge: 7,
  delete_edge: 8,
  register_schema: 9,
  set_visibility: 12,
  grant: 13,
  revoke: 14,
  mark_read: 15,
  delete_mailbox_items: 16,
  membership: 17,
  schema_lock: 18,
  append_events: 19,
  store_checkpoint: 20,
  set_aggregate_grants: 21,
};
const TAG_OF_SHARED_CREATE = 10;
const TAG_OF_REPLACE = 11;
const LEVELS = { read: 1, write: 2, delete: 3, admin: 4 } as const;

function tagOf({ op, sharing, mode }: GoldenOperation): number {
  if (op === "create_node" && sharing !== undefined) return TAG_OF_SHARED_CREATE;
  if (op === "register_schema" && mode === "replace") return TAG_OF_REPLACE;
  return TAGS[op];
}

function naiveOperation(o: GoldenOperation): number[] {
  const returnExisting = o.return_existing ? 1 : 0;
  const bodies: Record<GoldenOperation["op"], () => number[]> = {
    create_node: () => [
      ...varint(o.type_id ?? 0),
      ...text(o.alias ?? ""),
      ...text(o.id ?? ""),
      returnExisting,
      ...naiveFields(o.fields),
      ...naiveSharing(o.sharing),
    ],
    update_node: () => [
      ...text(o.id ?? ""),
      ...naiveFields(o.fields),
      ...varint(o.expected_version ?? 0),
      ...naiveFields(o.preconditions),
    ],
    delete_node: () => [...text(o.id ?? ""), ...varint(o.expected_version ?? 0)],
    restore_node: () => bodies.delete_node(),
    purge_node: () => bodies.delete_node(),
    create_edge: () => [
      ...varint(o.edge_type_id ?? 0),
      ...text(o.alias ?? ""),
      ...text(o.id ?? ""),
      ...text(o.from_id ?? ""),
      ...text(o.to_id ?? ""),
      returnExisting,
      ...naiveFields(o.fields),
    ],
    update_edge: () => [...naiveTarget(o.target), ...naiveFields(o.fields)],
    delete_edge: () => naiveTarget(o.target),
    register_schema: () => text(sortedJson(o.schema ?? {})),
    set_visibility: () => [...text(o.node_id ?? ""), ...texts(o.principals ?? [])],
    grant: () => [...text(o.node_id ?? ""), ...naiveGrant(o.grant)],
    revoke: () => [
      ...text(o.node_id ?? ""),
      ...text(o.principal ?? ""),
      o.permission === undefined ? 0 : LEVELS[o.permission],
      0,
    ],
    mark_read: () => [
      ...text(o.user_id ?? ""),
      ...texts(o.item_ids ?? []),
      ...varint(o.before_offset ?? 0),
      o.unread ? 1 : 0,
    ],
    delete_mailbox_items: () => bodies.mark_read(),
    membership: () => naiveStep(o.step),
    schema_lock: () => [o.locked ? 1 : 0],
    append_events: () => naiveAppend(o),
    store_checkpoint: () => [
      ...text(o.consumer ?? ""),
      ...varint(o.global_nonce ?? 0),
      o.expected_global_nonce === undefined ? 0 : 1,
      ...varint(o.expected_global_nonce ?? 0),
    ],
    set_aggregate_grants: () => [
      ...text(o.aggregate_type ?? ""),
      o.grants === undefined ? 0 : 1,
      ...varint(o.grants?.length ?? 0),
      ...(o.grants ?? []).flatMap(naiveGrant),
    ],
  };
  return [tagOf(o), ...bodies[o.op]()];
}

function naiveSharing(sharing: GoldenSharing | undefined): number[] {
  if (sharing === undefined) return [];
  const { grants, recipients = [], thread = "", metadata = {} } = sharing;
  const sorted = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    grants === undefined ? 0 : 1,
    ...varint(grants?.length ?? 0),
    ...(grants ?? []).flatMap(naiveGrant),
    ...texts(recipients),
    ...text(thread),
    ...texts(sorted.flat()),
  ];
}

function naiveGrant(grant: GoldenGrant | undefined): number[] {
  if (grant === undefined) throw new Error("a grant is said");
  const { principal, permission, expires_at: expiresAt = 0 } = grant;
  return [...text(principal), LEVELS[permission], ...varint(expiresAt)];
}

function naiveAppend(o: GoldenOperation): number[] {
  const { expected = 0, events = [], condition } = o;
  const isExact = typeof expected === "number";
  const kind = isExact ? 1 : { none: 2, exists: 3, any: 4 }[expected];
  return [
    ...text(o.aggregate_id ?? ""),
    ...text(o.aggregate_type ?? ""),
    kind,
    ...varint(isExact ? expected : 0),
    ...varint(o.first_nonce ?? 0),
    ...varint(events.length),
    ...events.flatMap((event) => [
      ...text(event.event_id),
      ...text(event.event_type),
      ...bytes(event.metadata ?? ""),
      ...bytes(event.payload ?? ""),
      ...texts(event.tags ?? []),
    ]),
    ...(condition === undefined
      ? [0]
      : [
          1,
          ...varint(condition.items.length),
          ...condition.items.flatMap((item) => [...texts(item.event_types), ...texts(item.tags)]),
          ...varint(condition.after_global_nonce),
        ]),
  ];
}

function naiveStep(step: GoldenOperation["step"]): number[] {
  if (step === undefined) throw new Error("a step is said");
  const { action, ...parts } = step;
  const sorted = Object.entries(parts).sort(([a], [b]) => (a < b ? -1 : 1));
  const each = sorted.flatMap(([, part]) => (typeof part === "string" ? text(part) : texts(part)));
  return [...text(action), ...each];
}

function naiveTarget(target: GoldenOperation["target"]): number[] {
  if (target === undefined) throw new Error("an edge operation has a target");
  if ("id" in target) return [1, ...text(target.id)];
  return [2, ...varint(target.edge_type_id), ...text(target.from_id), ...text(target.to_id)];
}

function naiveFields(fields: readonly GoldenField[] = []): number[] {
  const ascending = [...fields].sort((a, b) => a.field_id - b.field_id);
  const each = ascending.flatMap((field) => [...varint(field.field_id), ...naiveValue(field)]);
  return [1, ...varint(fields.length), ...each];
}

/** Only the kinds that the vectors below use; `values.json` holds them all. */
function naiveValue({ kind, value }: GoldenField): number[] {
  if (kind === "null") return [0];
  if (kind === "str") return [1, ...text(value as string)];
  if (kind === "ref") return [10, ...text(value as string)];
  if (kind === "bool") return [value ? 5 : 4];
  const bytes = Buffer.alloc(8);
  if (kind === "float") bytes.writeDoubleBE(value as number);
  else bytes.writeBigInt64BE(BigInt(value as string));
  return [kind === "float" ? 3 : 2, ...bytes];
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

function text(value: string): number[] {
  const bytes = [...new TextEncoder().encode(value)];
  return [...varint(bytes.length), ...bytes];
}

function bytes(hex: string): number[] {
  return [...varint(hex.length / 2), ...Buffer.from(hex, "hex")];
}

function texts(values: readonly string[]): number[] {
  return [...varint(values.length), ...values.flatMap(text)];
}

function sortedJson(value: JsonValue): string {
  return JSON.stringify(value, (_name, member: unknown) => {
    if (typeof member !== "object" || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

describe("golden request hashes", () => {
  test.each(vectors.map((vector) => [vector.name, vector] as const))("%s", (_name, vector) => {
    const { actor, operations } = vector;
    expect(hexOf(Uint8Array.from(naiveRequest(actor, operations)))).toBe(vector.request);
    const sha256 = new Bun.CryptoHasher("sha256").update(Buffer.from(vector.request, "hex"));
    expect(sha256.digest("hex")).toBe(vector.hash);
    expect(hexOf(requestHash(actor, operations.map(goldenOperation)))).toBe(vector.hash);
  });

  test("no two of them are alike", () => {
    expect(new Set(vectors.map((vector) => vector.hash)).size).toBe(vectors.length);
  });
});

describe("what is not in a hash", () => {
  const create: RequestedOperation = {
    op: "create_node",
    typeId: 1,
    id: "",
    returnExisting: false,
    fields: EVERY_VALUE,
  };
  const hash = (operation: RequestedOperation) => hexOf(requestHash("user:a", [operation]));

  test("the order in which fields were given", () => {
    const backwards = { ...create, fields: new Map([...EVERY_VALUE].reverse()) };
    expect(hash(backwards)).toBe(hash(create));
  });

  test("whether no alias is absent or empty", () => {
    expect(hash({ ...create, alias: "" })).toBe(hash(create));
    expect(hash({ ...create, alias: "a" })).not.toBe(hash(create));
  });

  test("what was hashed before", () => {
    const first = hash(create);
    hash({ ...create, fields: new Map(), id: "x".repeat(10_000) });
    expect(hash(create)).toBe(first);
  });
});
