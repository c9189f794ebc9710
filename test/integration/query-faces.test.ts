/**
 * Filters and orders mean the same on every face: random queries, written as each face has
 * them, by name in JSON and by number in messages, are answered with what a naive filter over
 * the same nodes says. fast-check prints the seed of a failure.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import {
  FilterOperator,
  type FilterSchema,
  NodeAttribute,
  type OrderTermSchema,
} from "../../gen/entdb/v1/filter_pb.ts";
import type { JsonObject, JsonValue } from "../../src/base/json.ts";
import type { Comparison, Filter, NodeQuery, Operand } from "../../src/query/query.ts";
import type { Node } from "../../src/record/graph.ts";
import { encodeValue } from "../../src/rpc/encode-value.ts";
import { valueToJson } from "../../src/schema/value-json.ts";
import { naiveQuery } from "../harness/naive-query.ts";
import { createNode, deleteNode } from "../harness/operations.ts";
import { TestPartition } from "../harness/partition.ts";
import { anyNodes, anyQuery, QUERY_SCHEMA } from "../harness/random-query.ts";
import { RestApp } from "../harness/rest-app.ts";
import { startFace, type TestFace } from "../harness/rpc-face.ts";
import type { TenantClient } from "../harness/tenant-client.ts";
import { PROTOCOLS, type Rpc, rpcClient } from "../harness/wire.ts";

let partition: TestPartition;
let face: TestFace;
let rest: RestApp;
let clients: readonly Rpc[];
let tenants = 0;

beforeAll(async () => {
  partition = await TestPartition.open();
  face = await startFace({ behind: partition.engine });
  rest = new RestApp({ behind: partition.engine });
  clients = PROTOCOLS.map((protocol) => rpcClient(protocol, face.url));
});
afterAll(async () => {
  await face[Symbol.asyncDispose]();
  await partition[Symbol.asyncDispose]();
});

const FIELDS = new Map(QUERY_SCHEMA.nodeTypes[0]?.fields.map((field) => [field.fieldId, field]));

function nameOf(operand: Operand): string {
  return operand.of === "attribute"
    ? operand.attribute
    : (FIELDS.get(operand.fieldId)?.name as string);
}

function jsonComparison({ op, operand, values }: Comparison): JsonObject {
  const shape = (operand.of === "field" && FIELDS.get(operand.fieldId)) || { enumValues: [] };
  const all = values.map((value) => valueToJson(shape, value));
  const field = nameOf(operand);
  if (op === "is_null") return { field, op };
  return op === "in" ? { field, op, values: all } : { field, op, value: all[0] as JsonValue };
}

function jsonFilter(filter: Filter): JsonObject {
  if (!("filters" in filter)) return jsonComparison(filter);
  return { [filter.op]: filter.filters.map(jsonFilter) };
}

type WireFilter = MessageInitShape<typeof FilterSchema>;
type WireTerm = MessageInitShape<typeof OrderTermSchema>;

function wireOperand(operand: Operand): NonNullable<WireTerm["operand"]> {
  if (operand.of === "field") return { case: "fieldId", value: operand.fieldId };
  const name = operand.attribute.toUpperCase() as keyof typeof NodeAttribute;
  return { case: "attribute", value: NodeAttribute[name] };
}

function wireFilter(filter: Filter): WireFilter {
  if ("filters" in filter) {
    return { node: { case: filter.op, value: { filters: filter.filters.map(wireFilter) } } };
  }
  const operator = FilterOperator[filter.op.toUpperCase() as keyof typeof FilterOperator];
  const operand = wireOperand(filter.operand);
  const values = filter.values.map(encodeValue);
  return { node: { case: "comparison", value: { operand, operator, values } } };
}

/** Makes the nodes as far as the engine takes them, and reads what there is. */
async function populate(tenant: TenantClient, wanted: readonly Node[]): Promise<Node[]> {
  await tenant.execute([{ op: "register_schema", schema: QUERY_SCHEMA, mode: "merge" }]);
  const made = await Promise.all(
    wanted.map(async ({ id, typeId, fields, deleted }) => {
      const create = { ...createNode(typeId, {}, { id }), fields };
      // What refers to somebody who is not there is refused.
      const isMade = await tenant.execute([create]).then(
        () => true,
        () => false,
      );
      if (isMade && deleted) await tenant.execute([deleteNode(id)]);
      return isMade ? [id] : [];
    }),
  );
  const ids = made.flat();
  return ids.length === 0 ? [] : (await tenant.nodes(ids, { deleted: true })).nodes;
}

async function overRest(tenantId: string, query: NodeQuery): Promise<unknown> {
  const body = {
    type_id: query.typeId,
    ...(query.filter && { filter: jsonFilter(query.filter) }),
    order: query.order.map(({ operand, descending }) => (descending ? "-" : "") + nameOf(operand)),
    include_deleted: query.includeDeleted,
    limit: 1_000,
  };
  const headers = { "x-tenant-id": tenantId, "x-actor": "user:alice" };
  const { json, text } = await rest.post("/v1/nodes/query", body, headers);
  const { nodes } = json as { nodes?: { id: string }[] };
  return nodes?.map(({ id }) => id) ?? text;
}

async function overRpc(client: Rpc, tenantId: string, query: NodeQuery): Promise<string[]> {
  const { nodes } = await client.queryNodes({
    context: { tenantId, actor: "user:alice" },
    typeId: query.typeId,
    ...(query.filter && { filter: wireFilter(query.filter) }),
    order: query.order.map(({ operand, descending }) => ({
      operand: wireOperand(operand),
      descending,
    })),
    includeDeleted: query.includeDeleted,
    pageSize: 1_000,
  });
  return nodes.map(({ id }) => id);
}

test("every query is what the naive filter says, whichever face is asked", async () => {
  const questions = fc.array(anyQuery, { minLength: 10, maxLength: 15 });
  await fc.assert(
    fc.asyncProperty(anyNodes, questions, async (wanted, queries) => {
      tenants += 1;
      const tenantId = `tenant-${tenants}`;
      const nodes = await populate(partition.tenant(tenantId), wanted);
      for (const [i, query] of queries.entries()) {
        const ids = naiveQuery(nodes, query).map(({ id }) => id);
        expect(await overRest(tenantId, query)).toEqual(ids);
        const client = clients[i % clients.length] as Rpc;
        expect(await overRpc(client, tenantId, query)).toEqual(ids);
      }
    }),
    { numRuns: 12 },
  );
}, 120_000);
