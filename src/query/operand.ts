import type { Node } from "../record/graph.ts";
import type { CompiledNodeType } from "../schema/registry.ts";
import type { FieldKind, Value } from "../schema/value.ts";
import type { ValueShape } from "../schema/value-json.ts";
import type { NodeAttribute, Operand } from "./query.ts";

/** What filters and order look at of a node. */
export type Row = Pick<Node, "id" | "version" | "createdAt" | "updatedAt" | "fields">;

/** The kinds that nodes' own attributes are compared as. They are never absent. */
const ATTRIBUTE_KINDS = {
  id: "ref",
  created_at: "timestamp",
  updated_at: "timestamp",
  version: "int",
} as const satisfies Record<NodeAttribute, FieldKind>;

/** How values for an operand are written, on every surface that has JSON or text. Throws FIELD_UNKNOWN. */
export function operandShape(type: CompiledNodeType, operand: Operand): ValueShape {
  if (operand.of === "field") return type.table.get(operand.fieldId);
  return { kind: ATTRIBUTE_KINDS[operand.attribute], enumValues: [] };
}

/** "field 3 (status)" or "created_at", for sentences. */
export function operandLabel(type: CompiledNodeType, operand: Operand): string {
  if (operand.of === "attribute") return operand.attribute;
  return `field ${operand.fieldId} (${type.table.find(operand.fieldId)?.name ?? "unknown"})`;
}

export function sameOperand(a: Operand, b: Operand): boolean {
  if (a.of === "field") return b.of === "field" && a.fieldId === b.fieldId;
  return b.of === "attribute" && a.attribute === b.attribute;
}

/** The operand's value in a row; undefined when the field is absent. */
export function operandValue(row: Row, operand: Operand): Value | undefined {
  if (operand.of === "field") return row.fields.get(operand.fieldId);
  switch (operand.attribute) {
    case "id":
      return { kind: "ref", value: row.id };
    case "created_at":
      return { kind: "timestamp", value: BigInt(row.createdAt) };
    case "updated_at":
      return { kind: "timestamp", value: BigInt(row.updatedAt) };
    case "version":
      return { kind: "int", value: BigInt(row.version) };
  }
}
