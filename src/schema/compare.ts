import { compareFields, compareWords, reservedIdUsed } from "./compare-fields.ts";
import { type FoundChange, FoundChanges } from "./found-change.ts";
import { edgePlace, keyPlace, nodePlace } from "./parse-schema.ts";
import { type Place, SCHEMA_PLACE } from "./schema-place.ts";
import type { DefaultGrant, EdgeType, NodeType, Schema, UniqueKey } from "./types.ts";

/**
 * Everything in which one schema differs from another, and what each difference means for the
 * nodes and edges that are there. `DESIGN.md` has the table. Empty exactly when the two are
 * equal. Both must be in normal form.
 */
export function compareSchemas(current: Schema, next: Schema): readonly FoundChange[] {
  const found = new FoundChanges();
  compareTypes(NODE_TYPES, current, next, found);
  compareTypes(EDGE_TYPES, current, next, found);
  return found.list;
}

/** Node types and edge types differ in what their parts are called, and in what belongs to one only. */
interface TypeRules<T> {
  readonly what: string;
  readonly reservation: string;
  readonly rows: string;
  readonly typesOf: (schema: Schema) => readonly T[];
  readonly reservedOf: (schema: Schema) => readonly number[];
  readonly idOf: (type: T) => number;
  readonly placeOf: (type: T) => Place;
  readonly compare: (before: T, after: T, found: FoundChanges) => void;
}

const NODE_TYPES: TypeRules<NodeType> = {
  what: "type",
  reservation: "reserved_type_ids",
  rows: "nodes",
  typesOf: (schema) => schema.nodeTypes,
  reservedOf: (schema) => schema.reservedTypeIds,
  idOf: (type) => type.typeId,
  placeOf: (type) => nodePlace(type),
  compare: compareNodeType,
};

const EDGE_TYPES: TypeRules<EdgeType> = {
  what: "edge type",
  reservation: "reserved_edge_type_ids",
  rows: "edges",
  typesOf: (schema) => schema.edgeTypes,
  reservedOf: (schema) => schema.reservedEdgeTypeIds,
  idOf: (type) => type.edgeTypeId,
  placeOf: (type) => edgePlace(type),
  compare: compareEdgeType,
};

function compareTypes<T extends NodeType | EdgeType>(
  rules: TypeRules<T>,
  current: Schema,
  next: Schema,
  found: FoundChanges,
): void {
  const before = new Map(rules.typesOf(current).map((type) => [rules.idOf(type), type]));
  const after = new Map(rules.typesOf(next).map((type) => [rules.idOf(type), type]));
  const reservedBefore = new Set(rules.reservedOf(current));
  const reservedAfter = new Set(rules.reservedOf(next));
  for (const [id, type] of before) {
    if (!after.has(id)) compareRemoved(rules, type, reservedAfter.has(id), found);
  }
  for (const [id, type] of after) {
    const old = before.get(id);
    if (old !== undefined) rules.compare(old, type, found);
    else if (!reservedBefore.has(id)) found.safe(rules.placeOf(type), "type_added", "it is added");
    else found.breaking(rules.placeOf(type), "reserved_id_used", ...reservedIdUsed(rules.what, id));
  }
  for (const id of reservedBefore) {
    if (reservedAfter.has(id) || after.has(id)) continue;
    found.breaking(
      SCHEMA_PLACE,
      "reservation_removed",
      `the ${rules.what} id ${id} is reserved for ever`,
      `Keep ${id} in ${rules.reservation}.`,
    );
  }
  for (const id of reservedAfter) {
    if (reservedBefore.has(id) || before.has(id)) continue;
    found.safe(SCHEMA_PLACE, "type_reserved", `the ${rules.what} id ${id} is reserved from now on`);
  }
}

function compareRemoved<T>(
  rules: TypeRules<T>,
  type: T,
  isReserved: boolean,
  found: FoundChanges,
): void {
  const place = rules.placeOf(type);
  if (isReserved) {
    found.dataDependent(
      place,
      "type_removed",
      `it is removed, its id reserved, unless ${rules.rows} of it are there`,
    );
    return;
  }
  found.breaking(
    place,
    "type_removed",
    "it is removed, and its id is not reserved",
    `Keep it and mark it deprecated; or put ${rules.idOf(type)} into ${rules.reservation}, which removes it for ever.`,
  );
}

function compareNodeType(before: NodeType, after: NodeType, found: FoundChanges): void {
  const place = nodePlace(before);
  compareWords(before, after, place, found);
  if (grantsText(before.defaultGrants) !== grantsText(after.defaultGrants)) {
    found.safe(
      place,
      "default_grants_changed",
      `new nodes get ${grantsText(after.defaultGrants)}, not ${grantsText(before.defaultGrants)}; what is there stays`,
    );
  }
  compareFields(before, after, { place, placeOf: (field) => nodePlace(before, field) }, found);
  compareKeys(before, after, place, found);
}

function compareEdgeType(before: EdgeType, after: EdgeType, found: FoundChanges): void {
  const place = edgePlace(before);
  compareWords(before, after, place, found);
  const contradiction = endsContradiction(before, after);
  if (contradiction !== undefined) found.breaking(place, "edge_ends_changed", ...contradiction);
  if (after.uniquePerFrom && !before.uniquePerFrom) {
    found.dataDependent(
      place,
      "unique_per_from_added",
      "at most one such edge leaves a node from now on, unless several leave one already",
    );
  } else if (before.uniquePerFrom && !after.uniquePerFrom) {
    found.safe(place, "unique_per_from_removed", "several such edges may leave a node from now on");
  }
  compareFields(before, after, { place, placeOf: (field) => edgePlace(before, field) }, found);
}

/** Why the ends of an edge type may not become these, if so; shared with merging. */
export function endsContradiction(
  before: EdgeType,
  after: EdgeType,
): [problem: string, hint: string] | undefined {
  if (before.fromTypeId === after.fromTypeId && before.toTypeId === after.toTypeId) {
    return undefined;
  }
  return [
    `it goes from type ${before.fromTypeId} to type ${before.toTypeId}, not from ${after.fromTypeId} to ${after.toTypeId}`,
    "Keep its ends, and add another edge type with a new edge_type_id.",
  ];
}

function compareKeys(before: NodeType, after: NodeType, type: Place, found: FoundChanges): void {
  const old = new Map(before.uniqueKeys.map((key) => [key.keyId, key]));
  const kept = new Set(after.uniqueKeys.map((key) => key.keyId));
  for (const key of before.uniqueKeys) {
    if (kept.has(key.keyId)) continue;
    found.safe(keyPlace(type, key), "unique_key_removed", "it is removed");
  }
  for (const key of after.uniqueKeys) {
    const mine = old.get(key.keyId);
    if (mine === undefined) {
      found.dataDependent(
        keyPlace(type, key),
        "unique_key_added",
        "it is added, unless two nodes hold the same values",
      );
    } else compareKey(mine, key, keyPlace(type, mine), found);
  }
}

function compareKey(before: UniqueKey, after: UniqueKey, place: Place, found: FoundChanges): void {
  if (before.name !== after.name) {
    found.safe(place, "renamed", `it is called ${after.name} from now on`);
  }
  if (before.fieldIds.join() === after.fieldIds.join()) return;
  found.breaking(
    place,
    "unique_key_changed",
    `it is over the fields ${before.fieldIds.join(", ")}, not ${after.fieldIds.join(", ")}`,
    "Remove it, and add a key with a new key_id.",
  );
}

/** "read to role:a, write to user:b", for sentences. */
export function grantsText(grants: readonly DefaultGrant[]): string {
  if (grants.length === 0) return "none";
  return grants.map(({ principal, permission }) => `${permission} to ${principal}`).join(", ");
}
