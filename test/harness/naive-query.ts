import type { Filter, NodeQuery, Operand, OrderTerm } from "../../src/query/query.ts";
import type { Node } from "../../src/record/graph.ts";
import type { Value } from "../../src/schema/value.ts";

/**
 * What a query means, written down a second time, slowly and without any of the
 * product's code: the yardstick of the differential tests. Nothing here may import more
 * than types.
 */
export function naiveQuery(nodes: readonly Node[], query: NodeQuery): Node[] {
  return nodes
    .filter((node) => node.typeId === query.typeId)
    .filter((node) => query.includeDeleted || !node.deleted)
    .filter((node) => query.filter === undefined || holds(node, query.filter))
    .sort((a, b) => orderOf(a, b, query.order));
}

function holds(node: Node, filter: Filter): boolean {
  if (filter.op === "and") return partsOf(filter).every((part) => holds(node, part));
  if (filter.op === "or") return partsOf(filter).some((part) => holds(node, part));
  if (!("operand" in filter)) throw new Error("a comparison has an operand");
  const found = read(node, filter.operand);
  if (filter.op === "is_null") return found === undefined;
  if (found === undefined) return false;
  const wanted = filter.values.map(plain);
  const [first] = wanted;
  switch (filter.op) {
    case "eq":
      return compare(found, first) === 0;
    case "neq":
      return compare(found, first) !== 0;
    case "gt":
      return compare(found, first) > 0;
    case "gte":
      return compare(found, first) >= 0;
    case "lt":
      return compare(found, first) < 0;
    case "lte":
      return compare(found, first) <= 0;
    case "in":
      return wanted.some((each) => compare(found, each) === 0);
    case "contains":
      return Array.isArray(found)
        ? found.some((item) => compare(item, first) === 0)
        : String(found).indexOf(String(first)) >= 0;
    case "like":
      return like(Array.from(String(first)), Array.from(String(found)));
    default:
      throw new Error(`unknown operator ${filter.op}`);
  }
}

function partsOf(filter: Filter): readonly Filter[] {
  return "filters" in filter ? filter.filters : [];
}

type Plain = string | number | bigint | readonly Plain[];

function read(node: Node, operand: Operand): Plain | undefined {
  if (operand.of === "attribute") {
    const attributes = {
      id: node.id,
      version: BigInt(node.version),
      created_at: BigInt(node.createdAt),
      updated_at: BigInt(node.updatedAt),
    };
    return attributes[operand.attribute];
  }
  const value = node.fields.get(operand.fieldId);
  return value === undefined ? undefined : plain(value);
}

/** Text stays text; bytes become lists of numbers, false and true 0 and 1. */
function plain(value: Value): Plain {
  if (value.kind === "null") throw new Error("null is not stored, nor compared with");
  if (value.kind === "bool") return value.value ? 1 : 0;
  if (value.kind === "bytes") return Array.from(value.value);
  return value.value;
}

function compare(a: Plain | undefined, b: Plain | undefined): number {
  if (a === undefined || b === undefined) throw new Error("absence is not compared");
  if (typeof a === "string" && typeof b === "string") {
    return compare([...new TextEncoder().encode(a)], [...new TextEncoder().encode(b)]);
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < a.length && i < b.length; i++) {
      const order = compare(a[i], b[i]);
      if (order !== 0) return order;
    }
    return a.length - b.length;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

function like(pattern: readonly string[], text: readonly string[]): boolean {
  const [head, ...rest] = pattern;
  if (head === undefined) return text.length === 0;
  if (head === "%") return like(rest, text) || (text.length > 0 && like(pattern, text.slice(1)));
  if (head === "_") return text.length > 0 && like(rest, text.slice(1));
  if (head === "\\") return rest[0] === text[0] && like(rest.slice(1), text.slice(1));
  return head === text[0] && like(rest, text.slice(1));
}

function orderOf(a: Node, b: Node, terms: readonly OrderTerm[]): number {
  for (const { operand, descending } of terms) {
    const x = read(a, operand);
    const y = read(b, operand);
    if (x === undefined && y === undefined) continue;
    if (x === undefined) return 1;
    if (y === undefined) return -1;
    const order = compare(x, y);
    if (order !== 0) return descending ? -order : order;
  }
  return compare(a.id, b.id);
}
