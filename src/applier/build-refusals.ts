import { EntError } from "../base/errors.ts";
import { edgePlace, keyPlace, nodePlace } from "../schema/parse-schema.ts";
import type { CompiledEdgeType, CompiledNodeType } from "../schema/registry.ts";
import type { SchemaChangeKind } from "../schema/schema-change.ts";
import { type Place, sentence } from "../schema/schema-place.ts";
import type { Entry } from "./index-entries.ts";

/**
 * What rows that are there have against a new schema. Names types and fields only: who may
 * change the schema need not be one who may read the nodes.
 */
function refusal(place: Place, change: SchemaChangeKind, problem: string, hint: string): EntError {
  return new EntError({
    code: "failed_precondition",
    reason: "SCHEMA_INCOMPATIBLE",
    message: `${sentence(place.label)}: ${problem}.`,
    hint,
    details: { ...place.details, change, incompatible_changes: "1" },
  });
}

/** Two nodes would hold the same value of a field or key that is unique in the new schema. */
export function notUnique(
  before: CompiledNodeType,
  after: CompiledNodeType,
  { keyId }: Entry,
): EntError {
  if (keyId < 0) return keyNotUnique(before, after, -keyId);
  const field = after.table.get(keyId);
  const place = nodePlace(after, field);
  const old = before.table.find(keyId);
  if (old?.unique === true || old === undefined) {
    return refusal(
      place,
      old === undefined ? "required_field_added" : "required_added",
      "its default would be written into several nodes, but it is unique",
      "Give every node a value of its own first, and leave out the default; or keep the field optional.",
    );
  }
  return refusal(
    place,
    "unique_added",
    "several nodes hold the same value, so it cannot become unique",
    "Query the type ordered by this field, give those nodes other values, and register again; or add another field that is unique.",
  );
}

function keyNotUnique(before: CompiledNodeType, after: CompiledNodeType, keyId: number): EntError {
  const key = after.uniqueKeys.find((candidate) => candidate.keyId === keyId);
  const place = keyPlace(nodePlace(after), key ?? { keyId, name: "" });
  const isOld = before.uniqueKeys.some((candidate) => candidate.keyId === keyId);
  if (isOld) {
    return refusal(
      place,
      "required_added",
      "with the default written into nodes that lack a field, several would hold the same values",
      "Give those nodes a value of that field first, or keep the field optional.",
    );
  }
  return refusal(
    place,
    "unique_key_added",
    "several nodes hold the same values, so it cannot be added",
    "Give those nodes other values, and register again; or add a key over more fields.",
  );
}

/** A node type that is being removed has nodes. */
export function nodesRemain(type: CompiledNodeType): EntError {
  return refusal(
    nodePlace(type),
    "type_removed",
    "it cannot be removed while nodes of it are there, deleted ones included",
    "Purge its nodes first (purge_node), or keep the type and mark it deprecated.",
  );
}

/** An edge type that is being removed has edges. */
export function edgesRemain(type: CompiledEdgeType): EntError {
  return refusal(
    edgePlace(type),
    "type_removed",
    "it cannot be removed while edges of it are there, those of deleted nodes included",
    "Delete its edges first (delete_edge), or keep the edge type and mark it deprecated.",
  );
}

/** Several edges of the type leave one node. */
export function severalEdges(type: CompiledEdgeType): EntError {
  return refusal(
    edgePlace(type),
    "unique_per_from_added",
    "several of its edges leave one node, so it cannot be limited to one",
    "Delete edges until each node has at most one, and register again; or add another edge type.",
  );
}
