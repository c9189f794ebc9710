import { EntError } from "../base/errors.ts";
import { mergeFields } from "./merge-fields.ts";
import { adopt, type Findings, keep, type Refusal } from "./merge-list.ts";
import { checkReferences, checkSizes, edgePlace, nodePlace } from "./parse-schema.ts";
import { type Place, sentence } from "./schema-place.ts";
import type { EdgeType, NodeType, Schema, SchemaDifference, UniqueKey } from "./types.ts";

/** What a merge came to. `schema` is the current one itself when nothing was added. */
export interface MergedSchema {
  readonly schema: Schema;
  readonly changed: boolean;
  /** Where the tenant's definition stayed though the one sent differs harmlessly. */
  readonly differences: readonly SchemaDifference[];
}

/**
 * Merges a schema that came along with a request into the tenant's: types, fields and
 * enum values (at the end) are added, what is absent stays, and where definitions differ
 * otherwise the tenant's stays and the difference is listed.
 *
 * Throws `EntError` SCHEMA_INCOMPATIBLE where they contradict (kind, ref target, edge
 * ends, enum order, a name taken by another id) or where rows that are there would have
 * to be looked at (required, unique, indexed, a unique key on what exists); SCHEMA_INVALID
 * for a reference to a type that neither has; LIMIT_EXCEEDED when the whole grows too
 * large. Both schemas must be in normal form; so is the result.
 */
export function mergeSchema(current: Schema, incoming: Schema): MergedSchema {
  const findings: Findings = { differences: [], refusals: [] };
  const nodeTypes = adopt(current.nodeTypes, incoming.nodeTypes, {
    idOf: (type) => type.typeId,
    placeOf: (type) => nodePlace(type),
    merge: (mine, sent) => mergeNodeType(mine, sent, findings),
    admit: () => undefined,
    findings,
  });
  const edgeTypes = adopt(current.edgeTypes, incoming.edgeTypes, {
    idOf: (type) => type.edgeTypeId,
    placeOf: (type) => edgePlace(type),
    merge: (mine, sent) => mergeEdgeType(mine, sent, findings),
    admit: () => undefined,
    findings,
  });
  if (findings.refusals.length > 0) throw schemaIncompatible(findings.refusals);

  const changed = nodeTypes !== current.nodeTypes || edgeTypes !== current.edgeTypes;
  const schema = changed ? { ...current, nodeTypes, edgeTypes } : current;
  if (changed) {
    checkSizes(schema);
    checkReferences(schema);
  }
  return { schema, changed, differences: findings.differences };
}

function mergeNodeType(mine: NodeType, sent: NodeType, findings: Findings): NodeType {
  const place = nodePlace(mine);
  keep(findings, place, "name", mine.name, sent.name);
  keep(findings, place, "description", mine.description, sent.description);
  keep(findings, place, "deprecated", mine.deprecated, sent.deprecated);
  const fields = mergeFields(mine.fields, sent.fields, (field) => nodePlace(mine, field), findings);
  mergeKeys(mine, sent, place, findings);
  return fields === mine.fields ? mine : { ...mine, fields };
}

function mergeKeys(mine: NodeType, sent: NodeType, type: Place, findings: Findings): void {
  adopt(mine.uniqueKeys, sent.uniqueKeys, {
    idOf: (key) => key.keyId,
    placeOf: (key) => keyPlace(type, key),
    merge: (key, other) => {
      const place = keyPlace(type, key);
      keep(findings, place, "name", key.name, other.name);
      if (key.fieldIds.join() !== other.fieldIds.join()) {
        findings.refusals.push({
          place,
          change: "unique_key_changed",
          problem: `it is over the fields ${key.fieldIds.join(", ")}, not ${other.fieldIds.join(", ")}`,
          hint: "Keep the key as it is, or add a key with a new key_id on a new type.",
        });
      }
      return key;
    },
    admit: () => ({
      change: "unique_key_added",
      problem: "a unique key cannot be added to a type that exists",
      hint: "Nodes that are there may not be unique: declare the key on a new type, or add a new unique field.",
    }),
    findings,
  });
}

function mergeEdgeType(mine: EdgeType, sent: EdgeType, findings: Findings): EdgeType {
  const place = edgePlace(mine);
  keep(findings, place, "name", mine.name, sent.name);
  keep(findings, place, "description", mine.description, sent.description);
  keep(findings, place, "deprecated", mine.deprecated, sent.deprecated);
  if (mine.fromTypeId !== sent.fromTypeId || mine.toTypeId !== sent.toTypeId) {
    findings.refusals.push({
      place,
      change: "edge_ends_changed",
      problem: `it goes from type ${mine.fromTypeId} to type ${mine.toTypeId}, not from ${sent.fromTypeId} to ${sent.toTypeId}`,
      hint: "Keep its ends, and add another edge type with a new edge_type_id.",
    });
  }
  if (sent.uniquePerFrom && !mine.uniquePerFrom) {
    findings.refusals.push({
      place,
      change: "unique_per_from_added",
      problem: "unique_per_from cannot be added to an edge type that exists",
      hint: "Nodes may have several such edges already: add another edge type with a new edge_type_id.",
    });
  } else keep(findings, place, "unique_per_from", mine.uniquePerFrom, sent.uniquePerFrom);
  const fields = mergeFields(mine.fields, sent.fields, (field) => edgePlace(mine, field), findings);
  return fields === mine.fields ? mine : { ...mine, fields };
}

function keyPlace(type: Place, key: UniqueKey): Place {
  return {
    label: `${type.label} unique key ${key.keyId} (${key.name})`,
    details: { ...type.details, key_id: String(key.keyId), key_name: key.name },
  };
}

function schemaIncompatible(refusals: readonly Refusal[]): EntError {
  const [first] = refusals as [Refusal, ...Refusal[]];
  const others = refusals.length - 1;
  const more =
    others === 0 ? "" : ` (and ${others} more incompatible change${others === 1 ? "" : "s"})`;
  return new EntError({
    code: "failed_precondition",
    reason: "SCHEMA_INCOMPATIBLE",
    message: `${sentence(first.place.label)}: ${first.problem}${more}.`,
    hint: first.hint,
    details: {
      ...first.place.details,
      change: first.change,
      incompatible_changes: String(refusals.length),
    },
  });
}
