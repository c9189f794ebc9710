import { describe, expect, test } from "bun:test";
import { refusal } from "../../test/harness/refusal.ts";
import { EVERY_KIND, EVERY_VALUE, NODE_A, thingWith } from "../../test/harness/schemas.ts";
import { limits } from "../base/limits.ts";
import { SchemaRegistry } from "../schema/registry.ts";
import type { FieldKind, Value } from "../schema/value.ts";
import { comparisonShape } from "./comparison-kinds.ts";
import { parseQuery } from "./parse-query.ts";
import {
  COMPARISONS,
  type Comparison,
  type ComparisonOp,
  type Filter,
  type NodeAttribute,
  type NodeQuery,
  type Operand,
  type OrderTerm,
} from "./query.ts";

const registry = new SchemaRegistry(thingWith(...EVERY_KIND));
const type = registry.nodeType(1);
const field = (fieldId: number): Operand => ({ of: "field", fieldId });
const attribute = (name: NodeAttribute): Operand => ({ of: "attribute", attribute: name });
const compare = (op: ComparisonOp, operand: Operand, ...values: Value[]): Comparison => ({
  op,
  operand,
  values,
});
const str = (value: string): Value => ({ kind: "str", value });
const int = (value: bigint): Value => ({ kind: "int", value });
const term = (operand: Operand, descending = false): OrderTerm => ({ operand, descending });

const query = (filter: Filter | undefined, order: readonly OrderTerm[] = []): NodeQuery => ({
  typeId: 1,
  filter,
  order,
  includeDeleted: false,
});
const parse = (filter: Filter | undefined, order: readonly OrderTerm[] = []) =>
  parseQuery(query(filter, order), registry);
const refuse = (filter: Filter | undefined, order: readonly OrderTerm[] = []) =>
  refusal(() => parse(filter, order));

/** Which operators a kind of field takes, written out once more. */
const TAKEN: Readonly<Record<FieldKind, string>> = {
  str: "eq neq gt gte lt lte in like contains is_null",
  int: "eq neq gt gte lt lte in is_null",
  float: "eq neq gt gte lt lte in is_null",
  bool: "eq neq gt gte lt lte in is_null",
  timestamp: "eq neq gt gte lt lte in is_null",
  enum: "eq neq gt gte lt lte in is_null",
  ref: "eq neq gt gte lt lte in is_null",
  bytes: "eq neq gt gte lt lte in is_null",
  list_str: "eq neq contains is_null",
  list_int: "eq neq contains is_null",
  json: "is_null",
};

describe("operators and values by kind", () => {
  for (const { fieldId, kind } of type.table.fields) {
    test.each(COMPARISONS)(`${kind}: %s`, (op) => {
      const item = op === "contains" && kind === "list_int" ? int(1n) : str("a");
      const value = op === "contains" || op === "like" ? item : (EVERY_VALUE.get(fieldId) as Value);
      const filter = compare(op, field(fieldId), ...(op === "is_null" ? [] : [value]));
      if (TAKEN[kind].split(" ").includes(op)) {
        expect(parse(filter).filter).toEqual(filter);
        return;
      }
      const error = refuse(filter);
      expect(error.reason).toBe("INVALID_FILTER");
      expect(error.message).toContain(`of kind ${kind} cannot be asked with ${op}`);
      expect(error.hint).toBe(`Kind ${kind} takes ${TAKEN[kind].replaceAll(" ", ", ")}.`);
    });
  }

  test("no kind takes another's value", () => {
    for (const { fieldId, kind } of type.table.fields) {
      if (kind === "json") continue;
      for (const [, value] of EVERY_VALUE) {
        if (value.kind === kind) continue;
        const error = refuse(compare("eq", field(fieldId), value));
        expect(error.message).toBe(`filter.value: takes ${kind}, not ${value.kind}.`);
      }
    }
  });

  test.each([
    [compare("eq", field(1), { kind: "null" }), "INVALID_FILTER", "Use is_null"],
    [compare("eq", field(6), { kind: "enum", value: 4 }), "ENUM_VALUE_UNKNOWN", "1 to 3"],
    [compare("eq", field(3), { kind: "float", value: Number.NaN }), "INVALID_VALUE", "NaN"],
    [compare("eq", field(9), { kind: "ref", value: "nd_1" }), "INVALID_VALUE", "nd_"],
    [compare("contains", field(7), { kind: "list_str", value: ["a"] }), "INVALID_FILTER", "str"],
    [compare("contains", field(8), str("a")), "INVALID_FILTER", "int"],
    [compare("is_null", field(1), str("a")), "INVALID_FILTER", "Leave the value out"],
    [compare("eq", field(1)), "INVALID_FILTER", "in for several"],
    [compare("eq", field(1), str("a"), str("b")), "INVALID_FILTER", "in for several"],
    [compare("in", field(1)), "INVALID_FILTER", "List the values"],
    [compare("like", field(1), str("a\\")), "INVALID_FILTER", "backslash"],
    [compare("like", field(1), str("a\\\\\\")), "INVALID_FILTER", "backslash"],
    [compare("eq", field(99), str("a")), "FIELD_UNKNOWN", "field"],
    [compare("equals" as never, field(1), str("a")), "INVALID_FILTER", "Use one of eq"],
    [compare("eq", attribute("owner" as never), str("a")), "INVALID_FILTER", "created_at"],
    [compare("like", attribute("id"), str("nd_%")), "INVALID_FILTER", "ref"],
    [compare("eq", attribute("version"), str("a")), "INVALID_FILTER", "int"],
    [compare("eq", attribute("created_at"), int(1n)), "INVALID_FILTER", "timestamp"],
    [compare("eq", attribute("id"), int(1n)), "INVALID_FILTER", "string"],
    [compare("eq", attribute("id"), str("\u0000")), "INVALID_VALUE", "bytes"],
  ] as const)("refusal %#", (filter, reason, hint) => {
    const error = refuse(filter);
    expect(error.code).toBe("invalid_argument");
    expect(error.reason).toBe(reason);
    expect(error.hint).toContain(hint);
  });

  test("the place in the filter is named", () => {
    const bad = compare("in", field(2), int(1n), str("a"));
    const error = refuse({
      op: "or",
      filters: [compare("is_null", field(1)), { op: "and", filters: [bad] }],
    });
    expect(error.details["field"]).toBe("filter.or[1].and[0].values[1]");
  });

  test("attributes: ids as str or ref, and any text", () => {
    for (const kind of ["str", "ref"] as const) {
      for (const value of [NODE_A, "nd_", "x"]) {
        const filter = parse(compare("gte", attribute("id"), { kind, value })).filter;
        expect(filter).toEqual(compare("gte", attribute("id"), { kind: "ref", value }));
      }
    }
    const times = compare("lt", attribute("updated_at"), { kind: "timestamp", value: 5n });
    expect(parse(times).filter).toEqual(times);
    expect(parse(compare("in", attribute("version"), int(1n), int(2n))).filter).toBeDefined();
  });

  test("-0 is asked for as 0", () => {
    const filter = parse(compare("eq", field(3), { kind: "float", value: -0 }))
      .filter as Comparison;
    expect(filter.values).toEqual([{ kind: "float", value: 0 }]);
  });

  test("and and or of nothing", () => {
    expect(refuse({ op: "and", filters: [] }).message).toBe("filter: and of nothing.");
    expect(refuse({ op: "or", filters: [{ op: "or", filters: [] }] }).details["field"]).toBe(
      "filter.or[0]",
    );
  });

  test("a type that is not there", () => {
    expect(refusal(() => parseQuery({ ...query(undefined), typeId: 2 }, registry)).reason).toBe(
      "TYPE_UNKNOWN",
    );
  });
});

describe("how a comparison's value is written", () => {
  test.each([
    [field(6), "eq", "enum"],
    [field(7), "contains", "str"],
    [field(7), "eq", "list_str"],
    [field(8), "contains", "int"],
    [field(2), "like", "int"],
    [attribute("id"), "eq", "ref"],
    [attribute("created_at"), "gte", "timestamp"],
    [attribute("version"), "in", "int"],
  ] as const)("%j %s", (operand, op, kind) => {
    expect(comparisonShape(type, operand, op).kind).toBe(kind);
  });

  test("an enum's names come along", () => {
    expect(comparisonShape(type, field(6), "eq").enumValues).toEqual(["todo", "doing", "done"]);
  });
});

describe("limits: at the limit, and one past it", () => {
  const leaf = compare("is_null", field(1));
  const wide = (parts: number): Filter => ({
    op: "and",
    filters: Array.from({ length: parts - 1 }, () => leaf),
  });
  const deep = (levels: number): Filter =>
    levels === 1 ? leaf : { op: "or", filters: [deep(levels - 1)] };
  const many = (count: number) =>
    compare("in", field(2), ...Array.from({ length: count }, (_, i) => int(BigInt(i))));
  const pattern = (length: number) => compare("like", field(1), str("x".repeat(length)));
  const order = (terms: number) => Array.from({ length: terms }, (_, i) => term(field(i + 1)));

  test.each([
    ["parts", wide(limits.filterNodes), wide(limits.filterNodes + 1)],
    ["depth", deep(limits.filterDepth), deep(limits.filterDepth + 1)],
    ["values of in", many(limits.filterInValues), many(limits.filterInValues + 1)],
    ["pattern", pattern(limits.likePatternChars), pattern(limits.likePatternChars + 1)],
  ])("%s", (_what, at, past) => {
    expect(parse(at).filter).toEqual(at);
    expect(refuse(past).reason).toBe("LIMIT_EXCEEDED");
  });

  test("order terms", () => {
    expect(parse(undefined, order(limits.orderTerms)).order).toHaveLength(limits.orderTerms);
    expect(refuse(undefined, order(limits.orderTerms + 1)).reason).toBe("LIMIT_EXCEEDED");
  });
});

describe("order", () => {
  test.each([
    [[], []],
    [[term(attribute("id"))], []],
    [[term(attribute("id"), true)], [term(attribute("id"), true)]],
    [[term(field(1)), term(attribute("id")), term(field(2))], [term(field(1))]],
    [
      [term(field(1)), term(attribute("id"), true), term(field(2))],
      [term(field(1)), term(attribute("id"), true)],
    ],
    [
      [term(field(1)), term(field(1), true), term(field(2))],
      [term(field(1)), term(field(2))],
    ],
    [[term(attribute("created_at"), true)], [term(attribute("created_at"), true)]],
  ])("terms that decide nothing are dropped: %#", (sent, normal) => {
    expect(parse(undefined, sent).order).toEqual(normal);
  });

  test.each([
    [term(field(7)), "INVALID_FILTER"],
    [term(field(8)), "INVALID_FILTER"],
    [term(field(10)), "INVALID_FILTER"],
    [term(field(99)), "FIELD_UNKNOWN"],
    [term(attribute("deleted" as never)), "INVALID_FILTER"],
  ] as const)("refusal %#", (bad, reason) => {
    expect(refuse(undefined, [term(field(1)), bad]).reason).toBe(reason);
  });
});
