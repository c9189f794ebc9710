import type { BuildStep } from "./build-step.ts";
import type { EdgeType, Field, NodeType, Schema, UniqueKey } from "./types.ts";

/**
 * What the way from one schema to another asks of the rows that are there: empty when it is
 * enough to switch. Takes schemas between which no change is breaking, and promises the order
 * that `build-step.ts` describes, the same for the same two schemas.
 *
 * A field that is new and not filled asks for nothing, whatever its attributes: no row holds it,
 * since ids are never used again.
 */
export function planSteps(current: Schema, next: Schema): readonly BuildStep[] {
  const steps: Record<Phase, BuildStep[]> = { check: [], index: [], fill: [], drop: [] };
  const nodeTypes = new Map(next.nodeTypes.map((type) => [type.typeId, type]));
  for (const before of current.nodeTypes) {
    const { typeId } = before;
    const after = nodeTypes.get(typeId);
    if (after === undefined) steps.check.push({ kind: "require_no_nodes", typeId });
    else planNodeType(before, after, steps);
  }
  const edgeTypes = new Map(next.edgeTypes.map((type) => [type.edgeTypeId, type]));
  for (const before of current.edgeTypes) {
    const { edgeTypeId } = before;
    const after = edgeTypes.get(edgeTypeId);
    if (after === undefined) steps.check.push({ kind: "require_no_edges", edgeTypeId });
    else planEdgeType(before, after, steps);
  }
  return [...steps.check, ...steps.index, ...steps.fill, ...steps.drop];
}

type Phase = "check" | "index" | "fill" | "drop";
type Steps = Record<Phase, BuildStep[]>;

function planNodeType(before: NodeType, after: NodeType, steps: Steps): void {
  const { typeId } = after;
  const fieldsBefore = byId(before.fields);
  const fieldsAfter = byId(after.fields);
  const filled = new Set<number>();
  let searched = false;
  for (const field of after.fields) {
    const { fieldId } = field;
    const old = fieldsBefore.get(fieldId);
    const fill = isFilled(old, field);
    if (fill) {
      filled.add(fieldId);
      steps.fill.push({ kind: "fill_node_default", typeId, fieldId });
    }
    if (old !== undefined || fill) planIndex(typeId, old, field, fill, steps);
    searched ||= field.searchable
      ? fill || (old !== undefined && !old.searchable)
      : old?.searchable === true;
  }
  for (const old of before.fields) {
    if (fieldsAfter.has(old.fieldId)) continue;
    planDrops(typeId, old, undefined, steps);
    searched ||= old.searchable;
  }
  if (searched) steps.index.push({ kind: "search_type", typeId });
  planKeys(before, after, filled, steps);
}

/** Entries of a field are in the one table or the other: a unique field needs no second index. */
function planIndex(
  typeId: number,
  before: Field | undefined,
  after: Field,
  filled: boolean,
  steps: Steps,
): void {
  const { fieldId } = after;
  const table = tableOf(after);
  if (table !== "none" && (filled || table !== tableOf(before))) {
    if (table === "unique") steps.check.push({ kind: "unique_field", typeId, fieldId });
    else steps.index.push({ kind: "index_field", typeId, fieldId });
  }
  if (before !== undefined) planDrops(typeId, before, after, steps);
}

function planDrops(typeId: number, before: Field, after: Field | undefined, steps: Steps): void {
  const { fieldId } = before;
  const table = tableOf(before);
  if (table === "none" || table === tableOf(after)) return;
  const kind = table === "unique" ? "drop_unique_field" : "drop_index";
  steps.drop.push({ kind, typeId, fieldId });
}

function tableOf(field: Field | undefined): "unique" | "index" | "none" {
  if (field?.unique) return "unique";
  return field?.indexed ? "index" : "none";
}

function planKeys(
  before: NodeType,
  after: NodeType,
  filled: ReadonlySet<number>,
  steps: Steps,
): void {
  const { typeId } = after;
  const hasKey = (type: NodeType, key: UniqueKey) =>
    type.uniqueKeys.some((other) => other.keyId === key.keyId);
  for (const key of after.uniqueKeys) {
    if (hasKey(before, key) && !key.fieldIds.some((fieldId) => filled.has(fieldId))) continue;
    steps.check.push({ kind: "unique_key", typeId, keyId: key.keyId });
  }
  for (const key of before.uniqueKeys) {
    if (hasKey(after, key)) continue;
    steps.drop.push({ kind: "drop_unique_key", typeId, keyId: key.keyId });
  }
}

function planEdgeType(before: EdgeType, after: EdgeType, steps: Steps): void {
  const { edgeTypeId } = after;
  if (after.uniquePerFrom && !before.uniquePerFrom) {
    steps.check.push({ kind: "unique_per_from", edgeTypeId });
  }
  const fieldsBefore = byId(before.fields);
  for (const field of after.fields) {
    const { fieldId } = field;
    if (!isFilled(fieldsBefore.get(fieldId), field)) continue;
    steps.fill.push({ kind: "fill_edge_default", edgeTypeId, fieldId });
  }
}

/** Whether rows may lack a field that they must have from now on. */
function isFilled(before: Field | undefined, after: Field): boolean {
  return after.required && after.defaultValue !== undefined && before?.required !== true;
}

function byId(fields: readonly Field[]): ReadonlyMap<number, Field> {
  return new Map(fields.map((field) => [field.fieldId, field]));
}
