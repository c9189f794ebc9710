/**
 * The rules of edges: their ends, their fields, what they hold, when they are hidden. Each
 * test is one rule, through the engine.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { ErrorReason } from "../../src/base/errors.ts";
import {
  BOSS,
  GRAPH_SCHEMA,
  KNOWS,
  OWNS,
  SINCE,
  TASK,
  TITLE,
  USER,
  WITNESS,
} from "../harness/graph-schema.ts";
import {
  createEdge,
  createNode,
  deleteEdge,
  deleteNode,
  edge,
  fieldsOf,
  int,
  nothing,
  ownId,
  ref,
  restoreNode,
  str,
  updateEdge,
  type Values,
} from "../harness/operations.ts";
import { TestPartition } from "../harness/partition.ts";
import { refused } from "../harness/refusal.ts";
import type { TenantClient } from "../harness/tenant-client.ts";

let partition: TestPartition;
let tenants = 0;

interface Graph {
  readonly tenant: TenantClient;
  readonly ann: string;
  readonly bob: string;
  readonly cid: string;
  readonly task: string;
}

async function freshGraph(): Promise<Graph> {
  tenants += 1;
  const tenant = partition.tenant(`tenant-${tenants}`);
  await tenant.register(GRAPH_SCHEMA);
  const { results } = await tenant.execute([
    createNode(USER),
    createNode(USER),
    createNode(USER),
    createNode(TASK, { [TITLE]: str("t") }),
  ]);
  const [ann, bob, cid, task] = results.map((result) => result.nodeId) as [
    string,
    string,
    string,
    string,
  ];
  return { tenant, ann, bob, cid, task };
}

beforeAll(async () => {
  partition = await TestPartition.open();
});
afterAll(() => partition[Symbol.asyncDispose]());

describe("the ends of an edge", () => {
  test("are there, live, and of the types that the edge type names", async () => {
    const { tenant, ann, bob, task } = await freshGraph();
    const reasons = async (from: string, to: string, edgeTypeId = KNOWS) =>
      (await refused(tenant.one(createEdge(edgeTypeId, from, to)))).reason;
    expect(await reasons(ann, task)).toBe("EDGE_ENDS_MISMATCH");
    expect(await reasons(task, ann)).toBe("EDGE_ENDS_MISMATCH");
    expect(await reasons(ann, ownId("nd", 404))).toBe("NODE_NOT_FOUND");
    expect(await reasons(ownId("nd", 404), ann)).toBe("NODE_NOT_FOUND");
    expect(await reasons(ann, bob, 777)).toBe("EDGE_TYPE_UNKNOWN");
    await tenant.one(deleteNode(bob));
    expect(await reasons(ann, bob)).toBe("NODE_DELETED");
    expect(await reasons(bob, ann)).toBe("NODE_DELETED");
  });

  test("may be of any type where the edge type names none, and one and the same", async () => {
    const { tenant, ann, task } = await freshGraph();
    await tenant.one(createEdge(OWNS, ann, task));
    await tenant.one(createEdge(OWNS, task, ann));
    await tenant.one(createEdge(OWNS, task, task));
    expect(await tenant.allEdges({ nodeId: task })).toHaveLength(2);
    expect(await tenant.allEdges({ nodeId: task, direction: "in" })).toHaveLength(2);
  });
});

describe("fields of an edge", () => {
  test("are checked and filled like those of a node", async () => {
    const { tenant, ann, task } = await freshGraph();
    const refusals: [Values, ErrorReason][] = [
      [{ 9: str("x") }, "FIELD_UNKNOWN"],
      [{ [SINCE]: str("x") }, "FIELD_KIND_MISMATCH"],
      [{ [WITNESS]: ref(task) }, "REF_TARGET_MISMATCH"],
      [{ [WITNESS]: ref(ownId("nd", 404)) }, "NODE_NOT_FOUND"],
    ];
    for (const [fields, reason] of refusals) {
      expect((await refused(tenant.one(createEdge(OWNS, ann, task, fields)))).reason).toBe(reason);
    }
    const id = await tenant.make(createEdge(OWNS, ann, task, { [WITNESS]: ref(ann) }));
    const [made] = await tenant.allEdges({ nodeId: ann });
    expect(made).toMatchObject({
      id,
      edgeTypeId: OWNS,
      fromId: ann,
      toId: task,
      fields: fieldsOf({ [SINCE]: int(2000), [WITNESS]: ref(ann) }),
    });
    for (const [fields, reason] of refusals) {
      expect((await refused(tenant.one(updateEdge(edge(id), fields)))).reason).toBe(reason);
    }
  });

  test("are patched, by id or by type and ends; null clears; updated_at rises", async () => {
    const { tenant, ann, task } = await freshGraph();
    const id = await tenant.make(createEdge(OWNS, ann, task, { [WITNESS]: ref(ann) }));
    const [created] = await tenant.allEdges({ nodeId: ann });
    partition.fakeClock.advance(1000);
    const byId = await tenant.one(updateEdge(edge(id), { [SINCE]: int(0) }));
    expect(byId).toMatchObject({ edgeId: id, nodeId: "", version: 0, created: false });
    await tenant.one(updateEdge(edge(OWNS, ann, task), { [WITNESS]: nothing }));
    const [updated] = await tenant.allEdges({ nodeId: ann });
    expect(updated).toEqual({
      ...(created as NonNullable<typeof created>),
      fields: fieldsOf({ [SINCE]: int(0) }),
      updatedAt: (created?.updatedAt ?? 0) + 1000,
    });
    const cleared = refused(tenant.one(updateEdge(edge(id), { [SINCE]: nothing })));
    expect((await cleared).reason).toBe("FIELD_REQUIRED");
  });
});

describe("an edge is one by its type and ends", () => {
  test("a second one is refused, or answered with the first", async () => {
    const { tenant, ann, bob } = await freshGraph();
    const id = await tenant.make(createEdge(KNOWS, ann, bob, { [SINCE]: int(1) }));
    const error = await refused(tenant.one(createEdge(KNOWS, ann, bob)));
    expect(error).toMatchObject({ code: "already_exists", reason: "EDGE_ALREADY_EXISTS" });
    expect(error.details).toMatchObject({ edge_id: id });
    const again = createEdge(KNOWS, ann, bob, { [SINCE]: int(2) }, { returnExisting: true });
    expect(await tenant.one(again)).toMatchObject({ edgeId: id, created: false });
    expect((await tenant.allEdges({ nodeId: ann }))[0]?.fields.get(SINCE)).toEqual(int(1));
    await tenant.one(createEdge(KNOWS, bob, ann));
    await tenant.one(createEdge(OWNS, ann, bob));
  });

  test("the alias of one that was there already means that one", async () => {
    const { tenant, ann, bob } = await freshGraph();
    const id = await tenant.make(createEdge(KNOWS, ann, bob));
    const again = { alias: "e", returnExisting: true };
    const { results } = await tenant.execute([
      createEdge(KNOWS, ann, bob, {}, again),
      updateEdge(edge("$e.id"), { [SINCE]: int(5) }),
    ]);
    expect(results.map((result) => result.edgeId)).toEqual([id, id]);
    await tenant.execute([createEdge(KNOWS, ann, bob, {}, again), deleteEdge(edge("$e.id"))]);
    expect(await tenant.allEdges({ nodeId: ann })).toEqual([]);
  });

  test("an id of its own is one edge's: never that of another", async () => {
    const { tenant, ann, bob } = await freshGraph();
    const [one, two] = [ownId("ed", 1), ownId("ed", 2)];
    await tenant.execute([
      createEdge(KNOWS, ann, bob, {}, { id: one }),
      createEdge(KNOWS, bob, ann, {}, { id: two }),
    ]);
    const again = (id: string) => createEdge(KNOWS, ann, bob, {}, { id, returnExisting: true });
    expect(await tenant.one(again(one))).toMatchObject({ edgeId: one, created: false });
    expect(await tenant.one(again(ownId("ed", 3)))).toMatchObject({ edgeId: one });
    expect((await refused(tenant.one(again(two)))).reason).toBe("EDGE_ALREADY_EXISTS");
  });

  test("what is deleted may be made again, in the same transaction too", async () => {
    const { tenant, ann, bob } = await freshGraph();
    const id = await tenant.make(createEdge(KNOWS, ann, bob));
    const { results } = await tenant.execute([
      deleteEdge(edge(KNOWS, ann, bob)),
      createEdge(KNOWS, ann, bob),
    ]);
    expect(results[0]?.edgeId).toBe(id);
    expect(results[1]).toMatchObject({ created: true });
    expect(results[1]?.edgeId).not.toBe(id);
  });

  test("what is not there can be neither updated nor deleted", async () => {
    const { tenant, ann, bob } = await freshGraph();
    for (const target of [edge(ownId("ed", 1)), edge(KNOWS, ann, bob), edge(777, ann, bob)]) {
      for (const operation of [updateEdge(target), deleteEdge(target)]) {
        expect(await refused(tenant.one(operation))).toMatchObject({
          code: "not_found",
          reason: "EDGE_NOT_FOUND",
        });
      }
    }
  });
});

describe("unique per from-node", () => {
  test("one edge of the type leaves a node, whatever it leads to", async () => {
    const { tenant, ann, bob, cid } = await freshGraph();
    const id = await tenant.make(createEdge(BOSS, ann, bob));
    const error = await refused(tenant.one(createEdge(BOSS, ann, cid)));
    expect(error).toMatchObject({ reason: "EDGE_ALREADY_EXISTS", details: { edge_id: id } });
    await tenant.one(createEdge(BOSS, cid, bob));
    await tenant.execute([deleteEdge(edge(BOSS, ann, bob)), createEdge(BOSS, ann, cid)]);
    expect((await tenant.allEdges({ nodeId: ann })).map((found) => found.toId)).toEqual([cid]);
  });

  test("RETURN_EXISTING answers with the same edge only, never with one that leads elsewhere", async () => {
    const { tenant, ann, bob, cid } = await freshGraph();
    const id = await tenant.make(createEdge(BOSS, ann, bob));
    const same = createEdge(BOSS, ann, bob, {}, { returnExisting: true });
    expect((await tenant.one(same)).edgeId).toBe(id);
    const elsewhere = createEdge(BOSS, ann, cid, {}, { returnExisting: true });
    expect((await refused(tenant.one(elsewhere))).reason).toBe("EDGE_ALREADY_EXISTS");
  });
});

describe("a deleted node hides its edges", () => {
  test("in lists, both ways, and to updates; a restore shows them again", async () => {
    const { tenant, ann, bob, cid } = await freshGraph();
    const toBob = await tenant.make(createEdge(KNOWS, ann, bob));
    const toCid = await tenant.make(createEdge(KNOWS, ann, cid));
    const fromBob = await tenant.make(createEdge(KNOWS, bob, cid));
    await tenant.one(deleteNode(bob));
    expect((await tenant.allEdges({ nodeId: ann })).map(({ id }) => id)).toEqual([toCid]);
    const into = await tenant.allEdges({ nodeId: cid, direction: "in" });
    expect(into.map(({ id }) => id)).toEqual([toCid]);
    expect((await refused(tenant.allEdges({ nodeId: bob }))).reason).toBe("NODE_NOT_FOUND");
    for (const id of [toBob, fromBob]) {
      expect((await refused(tenant.one(updateEdge(edge(id))))).reason).toBe("EDGE_NOT_FOUND");
    }
    await tenant.one(restoreNode(bob));
    const shown = await tenant.allEdges({ nodeId: ann });
    expect(shown.map(({ id }) => id).sort()).toEqual([toBob, toCid].sort());
    expect((await tenant.allEdges({ nodeId: bob })).map(({ id }) => id)).toEqual([fromBob]);
  });

  test("which still hold type, from and to until they are deleted", async () => {
    const { tenant, ann, bob, cid } = await freshGraph();
    const id = await tenant.make(createEdge(KNOWS, ann, bob));
    const boss = await tenant.make(createEdge(BOSS, ann, bob));
    await tenant.one(deleteNode(bob));
    // Restored within the transaction, the end is live and the place is taken.
    const again = tenant.execute([restoreNode(bob), createEdge(KNOWS, ann, bob)]);
    expect(await refused(again)).toMatchObject({
      reason: "EDGE_ALREADY_EXISTS",
      details: { edge_id: id },
    });
    const another = refused(tenant.one(createEdge(BOSS, ann, cid)));
    expect(await another).toMatchObject({
      reason: "EDGE_ALREADY_EXISTS",
      details: { edge_id: boss },
    });
    await tenant.one(deleteEdge(edge(boss)));
    await tenant.one(createEdge(BOSS, ann, cid));
    await tenant.one(deleteEdge(edge(KNOWS, ann, bob)));
    await tenant.one(restoreNode(bob));
    expect((await tenant.one(createEdge(KNOWS, ann, bob))).created).toBe(true);
  });
});
