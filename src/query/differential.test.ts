/**
 * Goal: filters, order, plans and cursors mean what semantics say they mean.
 * Method: random nodes, random queries; the product's pieces against a naive
 * implementation that shares no code with them, and the plan carried out over index
 * rows as the store keeps them. fast-check prints the seed of a failure.
 */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { naiveQuery } from "../../test/harness/naive-query.ts";
import { anyNodes, anyQuery, QUERY_SCHEMA } from "../../test/harness/random-query.ts";
import type { Node } from "../record/graph.ts";
import { SchemaRegistry } from "../schema/registry.ts";
import type { Value } from "../schema/value.ts";
import { compareValues } from "../schema/value-order.ts";
import type { Bound } from "./access.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { queryListing } from "./listing.ts";
import { compileFilter } from "./match.ts";
import { compileOrder, placeOf, rowAt } from "./order.ts";
import { parseQuery } from "./parse-query.ts";
import { planQuery, type QueryPlan } from "./plan.ts";
import type { NodeQuery } from "./query.ts";

const registry = new SchemaRegistry(QUERY_SCHEMA);
const type = registry.nodeType(1);
const ids = (nodes: readonly Node[]) => nodes.map(({ id }) => id);

test("filter and order are the naive ones", () => {
  fc.assert(
    fc.property(anyNodes, anyQuery, (nodes, sent) => {
      const query = parseQuery(sent, registry);
      const matches = compileFilter(query.filter);
      const found = nodes
        .filter((node) => node.typeId === 1 && (query.includeDeleted || !node.deleted))
        .filter(matches)
        .sort(compileOrder(query.order));
      expect(ids(found)).toEqual(ids(naiveQuery(nodes, sent)));
    }),
    { numRuns: 1_000 },
  );
});

test("a plan, carried out, gives the rows of the query, and in its order where it says so", () => {
  fc.assert(
    fc.property(anyNodes, anyQuery, (nodes, sent) => {
      const query = parseQuery(sent, registry);
      const plan = planQuery(query, type);
      expect(planQuery(query, type)).toEqual(plan);
      const found = carryOut(plan, query, nodes);
      const wanted = ids(naiveQuery(nodes, sent));
      if (plan.order !== undefined) expect(ids(found)).toEqual(wanted);
      else expect(ids(found.sort(compileOrder(query.order)))).toEqual(wanted);
      if (plan.keyed) expect([plan.residual, plan.order === undefined]).toEqual([undefined, false]);
    }),
    { numRuns: 1_000 },
  );
});

test("pages by cursor are the whole, each row once", () => {
  fc.assert(
    fc.property(anyNodes, anyQuery, fc.integer({ min: 1, max: 4 }), (nodes, sent, pageSize) => {
      const query = parseQuery(sent, registry);
      const all = naiveQuery(nodes, sent);
      const scope = { tenantId: "t", actor: "user:a", listing: queryListing(query, type) };
      const compare = compileOrder(query.order);
      const seen: string[] = [];
      let rest = all;
      while (rest.length > 0 && seen.length <= all.length) {
        const page = rest.slice(0, pageSize);
        seen.push(...ids(page));
        const last = page.at(-1) as Node;
        const cursor = encodeCursor(scope, placeOf(query.order, last));
        const behind = rowAt(query.order, decodeCursor(cursor, scope));
        rest = all.filter((node) => compare(node, behind) > 0);
      }
      expect(seen).toEqual(ids(all));
    }),
    { numRuns: 300 },
  );
});

/** As the store does it: live nodes alone stand in the index tables, rows of (value, id). */
function carryOut(plan: QueryPlan, query: NodeQuery, nodes: readonly Node[]): Node[] {
  const visible = nodes.filter(
    (node) => node.typeId === 1 && (query.includeDeleted || !node.deleted),
  );
  const accessed = visible.filter((node) => isAccessed(plan, node));
  const direction = (descending: boolean) => (descending ? -1 : 1);
  const { access, order } = plan;
  if (order !== undefined) {
    accessed.sort((a, b) => {
      const byId = direction(order.idDescending) * (a.id < b.id ? -1 : 1);
      if (order.by === "id" || !("fieldId" in access)) return byId;
      const values = [a, b].map((node) => node.fields.get(access.fieldId) as Value) as [
        Value,
        Value,
      ];
      return direction(order.valueDescending) * compareValues(...values) || byId;
    });
  }
  return accessed.filter(compileFilter(plan.residual));
}

function isAccessed({ access }: QueryPlan, node: Node): boolean {
  if (access.by === "ids") return access.ids.includes(node.id);
  if (access.by === "type") return isWithin(access, { kind: "ref", value: node.id });
  if (node.deleted) return false;
  const value = node.fields.get(access.fieldId);
  if (value === undefined) return false;
  if (access.by === "range") return isWithin(access, value);
  return access.values.some((wanted) => compareValues(wanted, value) === 0);
}

function isWithin(
  { lower, upper }: { readonly lower: Bound | undefined; readonly upper: Bound | undefined },
  value: Value,
): boolean {
  const above = lower === undefined ? 1 : compareValues(value, lower.value);
  const below = upper === undefined ? 1 : compareValues(upper.value, value);
  return (
    (above > 0 || (above === 0 && lower?.inclusive === true)) &&
    (below > 0 || (below === 0 && upper?.inclusive === true))
  );
}
