import { must } from "../base/assert.ts";
import type { Value } from "../schema/value.ts";
import { compareValues } from "../schema/value-order.ts";
import { operandValue, type Row } from "./operand.ts";
import type { NodeAttribute, OrderTerm } from "./query.ts";

/**
 * The order of a query's rows: its terms, then the id ascending, so that it is total.
 * A row that lacks a term's field comes last, ascending and descending alike.
 *
 * Takes terms in the normal form of `parseQuery`.
 */
export type Comparator = (a: Row, b: Row) => number;

export function compileOrder(terms: readonly OrderTerm[]): Comparator {
  const parts = terms.map(compileTerm);
  const [first] = parts;
  if (first === undefined) return compareIds;
  if (parts.length === 1) return (a, b) => first(a, b) || compareIds(a, b);
  return (a, b) => {
    for (const part of parts) {
      const order = part(a, b);
      if (order !== 0) return order;
    }
    return compareIds(a, b);
  };
}

/**
 * A row's place in the order, for a cursor: the value of each term (null where the field
 * is absent), then the id.
 */
export function placeOf(terms: readonly OrderTerm[], row: Row): Value[] {
  const place = terms.map((term) => operandValue(row, term.operand) ?? { kind: "null" as const });
  return [...place, { kind: "ref", value: row.id }];
}

/** A row that stands at this place and compares as the row it was taken of. */
export function rowAt(terms: readonly OrderTerm[], place: readonly Value[]): Row {
  const fields = new Map<number, Value>();
  const attributes = { id: "", created_at: 0, updated_at: 0, version: 0 };
  for (const [i, { operand }] of terms.entries()) {
    const value = must(place[i], "a place has a value for each term");
    if (operand.of === "field") {
      if (value.kind !== "null") fields.set(operand.fieldId, value);
    } else if (value.kind === "timestamp" || value.kind === "int") {
      attributes[operand.attribute as Exclude<NodeAttribute, "id">] = Number(value.value);
    }
  }
  const last = place[terms.length];
  return {
    id: last?.kind === "ref" ? last.value : "",
    version: attributes.version,
    createdAt: attributes.created_at,
    updatedAt: attributes.updated_at,
    fields,
  };
}

function compareIds(a: Row, b: Row): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

function compileTerm({ operand, descending }: OrderTerm): Comparator {
  if (operand.of === "attribute") return turned(attributeOrder(operand.attribute), descending);
  const { fieldId } = operand;
  const sign = descending ? -1 : 1;
  return (a, b) => {
    const x = a.fields.get(fieldId);
    const y = b.fields.get(fieldId);
    if (x === undefined) return y === undefined ? 0 : 1;
    if (y === undefined) return -1;
    return sign * compareValues(x, y);
  };
}

function turned(order: Comparator, descending: boolean): Comparator {
  return descending ? (a, b) => order(b, a) : order;
}

function attributeOrder(attribute: NodeAttribute): Comparator {
  switch (attribute) {
    case "id":
      return compareIds;
    case "created_at":
      return (a, b) => a.createdAt - b.createdAt;
    case "updated_at":
      return (a, b) => a.updatedAt - b.updatedAt;
    case "version":
      return (a, b) => a.version - b.version;
  }
}
