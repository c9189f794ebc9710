import { endsContradiction, grantsText } from "./compare.ts";
import { reservedIdUsed } from "./compare-fields.ts";
import { type FoundChange, FoundChanges } from "./found-change.ts";
import { mergeFields } from "./merge-fields.ts";
import {
  adopt,
  type Findings,
  keep,
  mergeReserved,
  refuseName,
  refuseUnderFirstRules,
} from "./merge-list.ts";
import {
  checkReferences,
  checkSearchable,
  checkSizes,
  edgePlace,
  keyPlace,
  nodePlace,
} from "./parse-schema.ts";
import { type Place, SCHEMA_PLACE } from "./schema-place.ts";
import type { EdgeType, NodeType, Schema, SchemaDifference, UniqueKey } from "./types.ts";

/** What a merge came to. `schema` is the current one itself when nothing was added. */
export interface MergedSchema {
  readonly schema: Schema;
  /** Where the tenant's definition stayed though the one sent differs harmlessly. */
  readonly differences: readonly SchemaDifference[];
  /** Where the two contradict; what contradicts was left out. */
  readonly refusals: readonly FoundChange[];
}

/**
 * Merges a schema that came along with a request into the tenant's: types, fields, enum values
 * (at the end) and reserved numbers are added, what is absent stays, and where definitions
 * differ otherwise the tenant's stays and the difference is listed. Contradictions are: kind,
 * ref target, edge ends, enum order, a reserved number, a name taken by another id, a new
 * required field without a default.
 *
 * `firstRules`: decides as records of rules version 1 do, which refused whatever would have
 * asked something of the rows that are there (required, unique, indexed, `unique_per_from`, a
 * unique key on what exists) and whose schemas reserved nothing.
 *
 * Throws SCHEMA_INVALID for a reference to a type that neither has, LIMIT_EXCEEDED when the
 * whole grows too large. Both schemas must be in normal form; so is the result.
 */
export function mergeTypes(current: Schema, incoming: Schema, firstRules: boolean): MergedSchema {
  const findings: Findings = { differences: [], refusals: new FoundChanges(), firstRules };
  const nodeTypes = adopt(current.nodeTypes, incoming.nodeTypes, {
    idOf: (type) => type.typeId,
    placeOf: (type) => nodePlace(type),
    merge: (mine, sent) => mergeNodeType(mine, sent, findings),
    admit: (type) => admitType(current.reservedTypeIds, type.typeId, nodePlace(type), findings),
    findings,
  });
  const edgeTypes = adopt(current.edgeTypes, incoming.edgeTypes, {
    idOf: (type) => type.edgeTypeId,
    placeOf: (type) => edgePlace(type),
    merge: (mine, sent) => mergeEdgeType(mine, sent, findings),
    admit: (type) =>
      admitType(current.reservedEdgeTypeIds, type.edgeTypeId, edgePlace(type), findings),
    findings,
  });
  const merged = {
    ...current,
    nodeTypes,
    edgeTypes,
    ...mergeReservations(current, incoming, findings),
  };
  const changed = MEMBERS.some((member) => merged[member] !== current[member]);
  if (changed) {
    checkSizes(merged);
    // Types that were there before the limit came may be beyond it, and must not stop others.
    if (!firstRules) for (const type of newOf(nodeTypes, current.nodeTypes)) checkSearchable(type);
    checkReferences(merged);
  }
  return {
    schema: changed ? merged : current,
    differences: findings.differences,
    refusals: findings.refusals.list,
  };
}

function newOf<T>(merged: readonly T[], current: readonly T[]): T[] {
  const there = new Set(current);
  return merged.filter((type) => !there.has(type));
}

const MEMBERS = ["nodeTypes", "edgeTypes", "reservedTypeIds", "reservedEdgeTypeIds"] as const;

function mergeReservations(
  current: Schema,
  incoming: Schema,
  findings: Findings,
): Pick<Schema, "reservedTypeIds" | "reservedEdgeTypeIds"> {
  const typeIds = new Set(current.nodeTypes.map((type) => type.typeId));
  const edgeTypeIds = new Set(current.edgeTypes.map((type) => type.edgeTypeId));
  const place = SCHEMA_PLACE;
  return {
    reservedTypeIds: mergeReserved(
      current.reservedTypeIds,
      incoming.reservedTypeIds,
      (id) => typeIds.has(id),
      { findings, place, attribute: "type id" },
    ),
    reservedEdgeTypeIds: mergeReserved(
      current.reservedEdgeTypeIds,
      incoming.reservedEdgeTypeIds,
      (id) => edgeTypeIds.has(id),
      { findings, place, attribute: "edge type id" },
    ),
  };
}

function admitType(
  reserved: readonly number[],
  id: number,
  place: Place,
  findings: Findings,
): boolean {
  if (!reserved.includes(id)) return true;
  findings.refusals.breaking(place, "reserved_id_used", ...reservedIdUsed("type", id));
  return false;
}

function mergeNodeType(mine: NodeType, sent: NodeType, findings: Findings): NodeType {
  const place = nodePlace(mine);
  keepWords(mine, sent, place, findings);
  if (!findings.firstRules) {
    const [kept, other] = [grantsText(mine.defaultGrants), grantsText(sent.defaultGrants)];
    keep(findings, place, "default_grants", kept, other);
  }
  const fields = mergeFields(mine, sent.fields, (field) => nodePlace(mine, field), findings);
  mergeKeys(mine, sent, place, findings);
  return withParts(mine, fields, mergeReservedFields(mine, sent, place, findings));
}

function mergeKeys(mine: NodeType, sent: NodeType, type: Place, findings: Findings): void {
  for (const key of sent.uniqueKeys) {
    const old = mine.uniqueKeys.find((candidate) => candidate.keyId === key.keyId);
    if (old === undefined) keepWithoutKey(mine, key, type, findings);
    else mergeKey(old, key, keyPlace(type, old), findings);
  }
}

function mergeKey(mine: UniqueKey, sent: UniqueKey, place: Place, findings: Findings): void {
  keep(findings, place, "name", mine.name, sent.name);
  const [kept, other] = [mine.fieldIds.join(", "), sent.fieldIds.join(", ")];
  if (kept === other) return;
  const problem = `it is over the fields ${kept}, not ${other}`;
  const hint = "Keep the key as it is, or add a key with a new key_id on a new type.";
  if (refuseUnderFirstRules(findings, place, "unique_key_changed", problem, hint)) return;
  keep(findings, place, "field_ids", kept, other);
}

function keepWithoutKey(mine: NodeType, key: UniqueKey, type: Place, findings: Findings): void {
  const place = keyPlace(type, key);
  if (!findings.firstRules) {
    keep(findings, place, "field_ids", "none", key.fieldIds.join(", "));
    return;
  }
  const holder = mine.uniqueKeys.find((candidate) => candidate.name === key.name);
  if (holder !== undefined) refuseName(findings, place, key.name, `id ${holder.keyId}`);
  else {
    findings.refusals.breaking(
      place,
      "unique_key_added",
      "a unique key cannot be added to a type that exists",
      "Nodes that are there may not be unique: declare the key on a new type, or add a new unique field.",
    );
  }
}

function mergeEdgeType(mine: EdgeType, sent: EdgeType, findings: Findings): EdgeType {
  const place = edgePlace(mine);
  keepWords(mine, sent, place, findings);
  const contradiction = endsContradiction(mine, sent);
  if (contradiction !== undefined) {
    findings.refusals.breaking(place, "edge_ends_changed", ...contradiction);
  }
  const isAdded = sent.uniquePerFrom && !mine.uniquePerFrom;
  const isRefused =
    isAdded &&
    refuseUnderFirstRules(
      findings,
      place,
      "unique_per_from_added",
      "unique_per_from cannot be added to an edge type that exists",
      "Nodes may have several such edges already: add another edge type with a new edge_type_id.",
    );
  if (!isRefused) {
    keep(findings, place, "unique_per_from", mine.uniquePerFrom, sent.uniquePerFrom);
  }
  const fields = mergeFields(mine, sent.fields, (field) => edgePlace(mine, field), findings);
  return withParts(mine, fields, mergeReservedFields(mine, sent, place, findings));
}

function keepWords(
  mine: NodeType | EdgeType,
  sent: NodeType | EdgeType,
  place: Place,
  findings: Findings,
): void {
  keep(findings, place, "name", mine.name, sent.name);
  keep(findings, place, "description", mine.description, sent.description);
  keep(findings, place, "deprecated", mine.deprecated, sent.deprecated);
}

function mergeReservedFields(
  mine: NodeType | EdgeType,
  sent: NodeType | EdgeType,
  place: Place,
  findings: Findings,
): readonly number[] {
  return mergeReserved(
    mine.reservedFieldIds,
    sent.reservedFieldIds,
    (id) => mine.fields.some((field) => field.fieldId === id),
    { findings, place, attribute: "field id" },
  );
}

/** The type itself when neither differs. */
function withParts<T extends NodeType | EdgeType>(
  type: T,
  fields: T["fields"],
  reservedFieldIds: readonly number[],
): T {
  if (fields === type.fields && reservedFieldIds === type.reservedFieldIds) return type;
  return { ...type, fields, reservedFieldIds };
}
