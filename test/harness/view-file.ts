import { parseQuery } from "../../src/query/parse-query.ts";
import { planQuery } from "../../src/query/plan.ts";
import type { NodeQuery } from "../../src/query/query.ts";
import type { Viewer } from "../../src/record/viewer.ts";
import { SchemaRegistry } from "../../src/schema/registry.ts";
import type { QueryWork } from "../../src/store/reader/query-nodes.ts";
import { TenantStore } from "../../src/store/tenant-store.ts";
import { GrantWriter } from "../../src/store/writer/grant-writer.ts";
import { NodeWriter } from "../../src/store/writer/node-writer.ts";
import { ownId, str } from "./operations.ts";
import { thingWith } from "./schemas.ts";

/** A view in this directory with so many nodes of type 1, each with its number as text in field 1. */
export function viewWithNodes(
  directory: string,
  count: number,
  ownerOf: (i: number) => string = () => ALICE,
): TenantStore {
  const owner = { tenantId: "acme", incarnation: 1, logId: "0".repeat(32), logEnd: 0 };
  const store = TenantStore.create(directory, owner);
  const writer = new NodeWriter(store.writeConnection);
  const readers = new GrantWriter(store.writeConnection);
  store.writeConnection.run("BEGIN");
  for (let i = 0; i < count; i++) {
    const node = {
      id: ownId("nd", i),
      typeId: 1,
      ownerActor: ownerOf(i),
      version: 1,
      createdAt: 0,
      updatedAt: 0,
      deleted: false,
      fields: new Map([[1, str(String(i))]]),
    };
    writer.insert(node);
    readers.putReader(node, node.ownerActor, 0);
  }
  store.writeConnection.run("COMMIT");
  return store;
}

const ALICE = "user:alice";
const BY_ALICE: Viewer = { principals: [ALICE, "tenant:*"], seesAll: false, now: 0 };

/** A query of those nodes as a reader runs it, for user:alice. */
export function thingWork(
  query: Partial<NodeQuery> = {},
  page: Partial<Pick<QueryWork, "skip" | "limit" | "scanRows">> = {},
): QueryWork {
  const registry = new SchemaRegistry(thingWith({ field_id: 1, name: "text", kind: "str" }));
  const whole = { typeId: 1, filter: undefined, order: [], includeDeleted: false, ...query };
  const parsed = parseQuery(whole, registry);
  const plan = planQuery(parsed, registry.nodeType(1));
  const rows = { skip: 0, limit: 1_000, scanRows: 1_000_000, ...page };
  return { viewer: BY_ALICE, query: parsed, plan, after: undefined, ...rows };
}
