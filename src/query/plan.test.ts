import { describe, expect, test } from "bun:test";
import { QUERY_SCHEMA } from "../../test/harness/random-query.ts";
import { NODE_A, NODE_B } from "../../test/harness/schemas.ts";
import { SchemaRegistry } from "../schema/registry.ts";
import type { Value } from "../schema/value.ts";
import { planQuery, queryNeedsIndex } from "./plan.ts";
import type { Comparison, ComparisonOp, Filter, NodeAttribute, OrderTerm } from "./query.ts";

const type = new SchemaRegistry(QUERY_SCHEMA).nodeType(1);
const [TEXT, COUNT, RATIO, DUE, LABEL, CODE] = [1, 2, 3, 5, 12, 13] as const;

const on = (fieldId: number, op: ComparisonOp, ...values: Value[]): Comparison => ({
  op,
  operand: { of: "field", fieldId },
  values,
});
const onId = (op: ComparisonOp, ...ids: string[]): Comparison => ({
  op,
  operand: { of: "attribute", attribute: "id" },
  values: ids.map((value) => ({ kind: "ref", value })),
});
const int = (value: number): Value => ({ kind: "int", value: BigInt(value) });
const str = (value: string): Value => ({ kind: "str", value });
const time = (value: number): Value => ({ kind: "timestamp", value: BigInt(value) });
const and = (...filters: Filter[]): Filter => ({ op: "and", filters });
const or = (...filters: Filter[]): Filter => ({ op: "or", filters });
const by = (fieldId: number, descending = false): OrderTerm => ({
  operand: { of: "field", fieldId },
  descending,
});
const byAttribute = (attribute: NodeAttribute, descending = false): OrderTerm => ({
  operand: { of: "attribute", attribute },
  descending,
});
const plan = (filter?: Filter, order: readonly OrderTerm[] = [], includeDeleted = false) =>
  planQuery({ typeId: 1, filter, order, includeDeleted }, type);

describe("which way is taken, and what is left to do", () => {
  test.each([
    [plan(), "node type 1 (Thing) by id; in order of id; keyed"],
    [
      plan(undefined, [byAttribute("id", true)]),
      "node type 1 (Thing) by id; in order of id descending; keyed",
    ],
    [plan(undefined, [], true), "node type 1 (Thing) by id; in order of id; keyed"],
    [
      plan(undefined, [byAttribute("created_at", true)]),
      "node type 1 (Thing) by id; then a sort; in a read worker",
    ],
    [
      plan(on(TEXT, "eq", str("a"))),
      "node type 1 (Thing) by id; then one test of each row; in order of id; in a read worker",
    ],
    [plan(onId("gt", NODE_A)), "node type 1 (Thing) by id, from a bound; in order of id; keyed"],
    [
      plan(and(onId("gt", NODE_A), onId("lte", NODE_B))),
      "node type 1 (Thing) by id, between two bounds; in order of id; keyed",
    ],
    [plan(onId("in", NODE_B, NODE_A)), "2 nodes by id; in order of id; keyed"],
    [plan(onId("eq", NODE_B), [by(TEXT)]), "1 node by id; in order of id; keyed"],
    [plan(onId("in", NODE_B, NODE_A), [by(TEXT)]), "2 nodes by id; then a sort; in a read worker"],
    [
      plan(on(CODE, "eq", str("a"))),
      "unique index of field 13 (code), 1 value; in order of id; keyed",
    ],
    [
      plan(on(CODE, "eq", str("a")), [by(TEXT), by(DUE, true)]),
      "unique index of field 13 (code), 1 value; in order of id; keyed",
    ],
    [
      plan(and(on(CODE, "eq", str("a")), on(COUNT, "eq", int(1)))),
      "unique index of field 13 (code), 1 value; then one test of each row; in order of id; in a read worker",
    ],
    [plan(on(COUNT, "eq", int(1))), "index of field 2 (count), 1 value; in order of id; keyed"],
    [
      plan(on(COUNT, "in", int(1), int(1))),
      "index of field 2 (count), 1 value; in order of id; keyed",
    ],
    [
      plan(on(COUNT, "eq", int(1)), [by(COUNT, true)]),
      "index of field 2 (count), 1 value; in order of id; keyed",
    ],
    [
      plan(on(COUNT, "eq", int(1)), [byAttribute("id", true)]),
      "index of field 2 (count), 1 value; in order of id descending; keyed",
    ],
    [
      plan(on(COUNT, "eq", int(1)), [by(DUE)]),
      "index of field 2 (count), 1 value; then a sort; in a read worker",
    ],
    [
      plan(on(COUNT, "in", int(1), int(2))),
      "index of field 2 (count), 2 values; then a sort; in a read worker",
    ],
    [
      plan(on(COUNT, "in", int(1), int(2)), [by(COUNT)]),
      "index of field 2 (count), 2 values; in order of value and id; keyed",
    ],
    [
      plan(on(COUNT, "gt", int(1)), [by(COUNT)]),
      "index of field 2 (count), from a bound; in order of value and id; keyed",
    ],
    [
      plan(on(COUNT, "lt", int(1)), [by(COUNT)]),
      "index of field 2 (count), up to a bound; in order of value and id; keyed",
    ],
    [
      plan(on(COUNT, "gt", int(1))),
      "index of field 2 (count), from a bound; then a sort; in a read worker",
    ],
    [
      plan(on(COUNT, "gt", int(1)), [by(COUNT, true)]),
      "index of field 2 (count), from a bound; in order of value descending and id; in a read worker",
    ],
    [
      plan(on(COUNT, "gt", int(1)), [by(COUNT, true), byAttribute("id", true)]),
      "index of field 2 (count), from a bound; in order of value descending and id descending; keyed",
    ],
    [
      plan(on(COUNT, "gt", int(1)), [by(COUNT), byAttribute("id", true)]),
      "index of field 2 (count), from a bound; in order of value and id descending; in a read worker",
    ],
    [
      plan(on(COUNT, "gt", int(1)), [by(COUNT), by(DUE)]),
      "index of field 2 (count), from a bound; then a sort; in a read worker",
    ],
    [
      plan(on(CODE, "gt", str("a")), [by(CODE, true), by(DUE)]),
      "unique index of field 13 (code), from a bound; in order of value descending and id descending; keyed",
    ],
    [
      plan(undefined, [by(RATIO)]),
      "index of field 3 (ratio), whole; in order of value and id; keyed",
    ],
    [plan(undefined, [by(COUNT)]), "node type 1 (Thing) by id; then a sort; in a read worker"],
    [
      plan(on(COUNT, "eq", int(1)), [], true),
      "node type 1 (Thing) by id; then one test of each row; in order of id; in a read worker",
    ],
    [
      plan(on(COUNT, "is_null")),
      "node type 1 (Thing) by id; then one test of each row; in order of id; in a read worker",
    ],
    [
      plan(on(COUNT, "neq", int(1))),
      "node type 1 (Thing) by id; then one test of each row; in order of id; in a read worker",
    ],
    [
      plan(or(on(COUNT, "eq", int(1)), on(COUNT, "eq", int(2)))),
      "node type 1 (Thing) by id; then one test of each row; in order of id; in a read worker",
    ],
    [
      plan(and(on(LABEL, "like", str("a%")), on(TEXT, "is_null"))),
      "node type 1 (Thing) by id; then 2 tests of each row; in order of id; in a read worker",
    ],
  ] as const)("%#", (found, explain) => {
    expect(found.explain).toBe(explain);
    expect(found.keyed).toBe(explain.endsWith("keyed"));
  });
});

describe("the likeliest is chosen", () => {
  const eqCount = on(COUNT, "eq", int(1));
  const eqLabel = on(LABEL, "eq", str("a"));
  const someDue = on(DUE, "in", time(1), time(2));
  const closed = and(
    on(RATIO, "gte", { kind: "float", value: 0 }),
    on(RATIO, "lt", { kind: "float", value: 1 }),
  );
  const open = on(DUE, "gt", time(1));
  test.each([
    [
      and(open, closed, someDue, eqCount, on(CODE, "eq", str("a")), onId("eq", NODE_A)),
      "1 node by id",
    ],
    [and(open, closed, someDue, eqCount, on(CODE, "eq", str("a"))), "unique index of field 13"],
    [and(open, closed, someDue, eqCount), "index of field 2"],
    [
      and(open, closed, someDue, on(CODE, "in", str("a"), str("b"))),
      "unique index of field 13 (code), 2 values",
    ],
    [and(closed, someDue), "index of field 5 (due), 2 values"],
    [and(open, closed), "index of field 3 (ratio), between"],
    [and(onId("gt", NODE_A), open), "index of field 5"],
    [and(eqLabel, eqCount), "index of field 2"],
    [and(eqCount, eqLabel), "index of field 2"],
  ])("%#", (filter, explain) => {
    expect(plan(filter).explain).toStartWith(explain);
  });

  test("among like ones, that which gives the order", () => {
    const filter = and(on(COUNT, "gt", int(1)), on(DUE, "gt", time(1)));
    expect(plan(filter, [by(DUE)]).explain).toStartWith("index of field 5");
    expect(plan(filter, [by(COUNT)]).explain).toStartWith("index of field 2");
    expect(plan(filter).explain).toStartWith("index of field 2");
  });
});

describe("what the access holds", () => {
  test("bounds are the tightest, and everything they answer is done", () => {
    const { access, residual } = plan(
      and(
        on(COUNT, "gt", int(1)),
        on(COUNT, "gte", int(1)),
        on(COUNT, "gte", int(0)),
        and(on(COUNT, "lt", int(9)), on(COUNT, "lte", int(8))),
      ),
    );
    expect(access).toEqual({
      by: "range",
      fieldId: COUNT,
      unique: false,
      lower: { value: int(1), inclusive: false },
      upper: { value: int(8), inclusive: true },
    });
    expect(residual).toBeUndefined();
  });

  test("values ascending, each once", () => {
    const { access } = plan(on(COUNT, "in", int(10), int(9), int(10), int(-1)));
    expect(access).toEqual({
      by: "values",
      fieldId: COUNT,
      unique: false,
      values: [int(-1), int(9), int(10)],
    });
    expect(plan(onId("in", NODE_B, NODE_A, NODE_B)).access).toEqual({
      by: "ids",
      ids: [NODE_A, NODE_B],
    });
  });

  test("one answer of a kind: another eq, an in, a range on the same field are tested", () => {
    const rest = [on(COUNT, "eq", int(2)), on(COUNT, "in", int(1)), on(COUNT, "gt", int(0))];
    const { access, residual } = plan(
      and(...rest.slice(1), on(COUNT, "eq", int(1)), ...rest.slice(0, 1)),
    );
    expect(access).toMatchObject({ by: "values", values: [int(1)] });
    expect(residual).toEqual(and(...rest.slice(1), ...rest.slice(0, 1)));
  });

  test("an or is tested as a whole", () => {
    const either = or(on(DUE, "is_null"), on(DUE, "gt", time(1)));
    expect(plan(and(on(COUNT, "eq", int(1)), either)).residual).toEqual(either);
  });
});

describe("QUERY_NEEDS_INDEX names the field", () => {
  test.each([
    [plan(on(TEXT, "eq", str("a")), [byAttribute("created_at")]), "field 1 (text)"],
    [plan(undefined, [by(TEXT)]), "field 1 (text)"],
    [plan(and(on(7, "contains", str("a")), on(TEXT, "gt", str("a")))), "field 1 (text)"],
    [plan(on(COUNT, "gt", int(1)), [by(11)]), "field 11 (blob)"],
  ] as const)("%#", (found, field) => {
    const error = queryNeedsIndex(found, 1_000_000);
    expect(error.reason).toBe("QUERY_NEEDS_INDEX");
    expect(error.hint).toContain(`Declare ${field} indexed`);
    expect(error.details).toEqual({ rows: "1000000", plan: found.explain, field });
  });

  test("or says what else to do", () => {
    const error = queryNeedsIndex(plan(on(7, "contains", str("a"))), 10);
    expect(error.hint).toBe("Narrow the filter down by a field that is indexed or unique.");
    expect(error.message).toContain("more than 10 rows");
    expect(error.details["field"]).toBeUndefined();
  });
});
