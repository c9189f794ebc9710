/**
 * Reading through the engine: by id and key, lists of edges, walks, pages and cursors, how
 * fresh a read is, budgets. What filters and orders mean is held by
 * `query-differential.test.ts`. Each test is one rule.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { EntError } from "../../src/base/errors.ts";
import { limits } from "../../src/base/limits.ts";
import { turn } from "../../src/base/turn.ts";
import type { Direction } from "../../src/record/graph.ts";
import { decodePositionToken, encodePositionToken } from "../../src/wal/position.ts";
import {
  AGE,
  BOSS,
  COUNTRY,
  EMAIL,
  GRAPH_SCHEMA,
  KNOWS,
  NAME,
  OWNS,
  PAPERS,
  PASSPORT,
  TASK,
  TITLE,
  USER,
} from "../harness/graph-schema.ts";
import {
  createEdge,
  createNode,
  deleteNode,
  int,
  ownId,
  purgeNode,
  restoreNode,
  str,
  updateNode,
} from "../harness/operations.ts";
import { TestPartition } from "../harness/partition.ts";
import { refused } from "../harness/refusal.ts";
import type { TenantClient } from "../harness/tenant-client.ts";

let partition: TestPartition;

const freshTenant = () => partition.freshTenant(GRAPH_SCHEMA);

/** Users with the ids 1 to count. */
async function users(tenant: TenantClient, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, i) => ownId("nd", i + 1));
  await tenant.execute(ids.map((id, i) => createNode(USER, { [AGE]: int(i) }, { id })));
  return ids;
}

beforeAll(async () => {
  partition = await TestPartition.open();
});
afterAll(() => partition[Symbol.asyncDispose]());

describe("by id", () => {
  test("many at once: found ones in the order asked for, each once, and the missing", async () => {
    const tenant = await freshTenant();
    const [a, b, gone] = (await users(tenant, 3)) as [string, string, string];
    await tenant.one(deleteNode(gone));
    const missing = ownId("nd", 404);
    const asked = [b, missing, a, gone, b, missing];
    const found = await tenant.nodes(asked);
    expect(found.nodes.map((node) => node.id)).toEqual([b, a]);
    expect(found.missingIds).toEqual([missing, gone]);
    const all = await tenant.nodes(asked, { deleted: true });
    expect(all.nodes.map((node) => node.id)).toEqual([b, a, gone]);
    expect((await tenant.nodes([])).nodes).toEqual([]);
  });

  test("so many and not one more", async () => {
    const tenant = await freshTenant();
    const most = Array.from({ length: limits.idsPerGet }, (_, i) => ownId("nd", i));
    expect((await tenant.nodes(most)).missingIds).toHaveLength(limits.idsPerGet);
    const error = await refused(tenant.nodes([...most, ownId("nd", 9_999)]));
    expect(error.reason).toBe("LIMIT_EXCEEDED");
  });

  test("what is no id is a mistake, not a missing node", async () => {
    const tenant = await freshTenant();
    expect((await refused(tenant.node("nd_1"))).reason).toBe("INVALID_ID");
    expect((await refused(tenant.nodes([ownId("ed", 1)]))).reason).toBe("INVALID_ID");
  });

  test("of a tenant that does not exist, or of another one", async () => {
    const tenant = await freshTenant();
    const [id] = (await users(tenant, 1)) as [string];
    const other = await freshTenant();
    expect((await refused(other.node(id))).reason).toBe("NODE_NOT_FOUND");
    expect((await refused(partition.tenant("nobody").node(id))).reason).toBe("TENANT_NOT_FOUND");
  });
});

describe("by key", () => {
  test("a unique field or a composite key gives the live node that holds it", async () => {
    const tenant = await freshTenant();
    const id = await tenant.make(
      createNode(USER, { [EMAIL]: str("a"), [COUNTRY]: str("de"), [PASSPORT]: str("1") }),
    );
    const byEmail = {
      typeId: USER,
      key: { by: "field", fieldId: EMAIL },
      values: [str("a")],
    } as const;
    const byPapers = {
      typeId: USER,
      key: { by: "key", keyId: PAPERS },
      values: [str("de"), str("1")],
    } as const;
    expect((await tenant.byKey(byEmail)).id).toBe(id);
    expect((await tenant.byKey(byPapers)).id).toBe(id);
    const swapped = { ...byPapers, values: [str("1"), str("de")] };
    expect((await refused(tenant.byKey(swapped))).reason).toBe("NODE_NOT_FOUND");
    await tenant.one(deleteNode(id));
    expect((await refused(tenant.byKey(byEmail))).reason).toBe("NODE_NOT_FOUND");
    expect((await refused(tenant.byKey(byPapers))).reason).toBe("NODE_NOT_FOUND");
  });

  test("what is no key, or not a value of one, is a mistake", async () => {
    const tenant = await freshTenant();
    const field = (fieldId: number) => ({ by: "field", fieldId }) as const;
    const reasonOf = async (...asked: Parameters<typeof tenant.byKey>) =>
      (await refused(tenant.byKey(...asked))).reason;
    const values = [str("a")];
    expect(await reasonOf({ typeId: USER, key: field(NAME), values })).toBe("KEY_UNKNOWN");
    expect(await reasonOf({ typeId: USER, key: field(99), values })).toBe("FIELD_UNKNOWN");
    expect(await reasonOf({ typeId: 99, key: field(1), values })).toBe("TYPE_UNKNOWN");
    const key = { by: "key", keyId: 99 } as const;
    expect(await reasonOf({ typeId: USER, key, values })).toBe("KEY_UNKNOWN");
    expect(await reasonOf({ typeId: USER, key: field(EMAIL), values: [] })).toBe("INVALID_REQUEST");
    expect(await reasonOf({ typeId: USER, key: field(EMAIL), values: [int(1)] })).toBe(
      "FIELD_KIND_MISMATCH",
    );
  });
});

describe("lists of edges", () => {
  /** A hub with edges of three types out and in, in a fixed order of ids. */
  async function hub(tenant: TenantClient): Promise<{ id: string; others: string[] }> {
    const [id, ...others] = (await users(tenant, 6)) as [string, ...string[]];
    await tenant.execute([
      ...others.flatMap((other) => [
        createEdge(OWNS, id, other),
        createEdge(KNOWS, id, other),
        createEdge(KNOWS, other, id),
        createEdge(BOSS, other, id),
      ]),
      createEdge(KNOWS, id, id),
    ]);
    return { id, others };
  }

  const ways: [Direction, number, (others: string[], id: string) => [number, string][]][] = [
    [
      "out",
      0,
      (others, id) => [
        ...[id, ...others].map((other): [number, string] => [KNOWS, other]),
        ...others.map((other): [number, string] => [OWNS, other]),
      ],
    ],
    ["out", OWNS, (others) => others.map((other) => [OWNS, other])],
    [
      "in",
      0,
      (others, id) => [
        ...[id, ...others].map((other): [number, string] => [KNOWS, other]),
        ...others.map((other): [number, string] => [BOSS, other]),
      ],
    ],
    ["in", BOSS, (others) => others.map((other) => [BOSS, other])],
    ["in", OWNS, () => []],
    ["out", 777, () => []],
  ];

  test.each(ways)(
    "%s, type %p: by type, then other end, in pages of any size",
    async (direction, edgeTypeId, wanted) => {
      const tenant = await freshTenant();
      const { id, others } = await hub(tenant);
      const expected = wanted(others, id);
      for (const pageSize of [1, 2, 3, expected.length || 1, 1_000]) {
        const found: [number, string][] = [];
        let cursor: Uint8Array | undefined;
        do {
          const page = await tenant.edges({ nodeId: id, direction, edgeTypeId, pageSize, cursor });
          expect(page.edges.length).toBe(Math.min(pageSize, expected.length - found.length));
          for (const edge of page.edges) {
            found.push([edge.edgeTypeId, direction === "out" ? edge.toId : edge.fromId]);
          }
          expect(page.hasMore).toBe(found.length < expected.length);
          expect(page.nextCursor !== undefined).toBe(page.hasMore);
          cursor = page.nextCursor;
        } while (cursor !== undefined);
        expect(found).toEqual(expected);
      }
    },
  );

  test("bring the other ends along when asked, each once", async () => {
    const tenant = await freshTenant();
    const { id, others } = await hub(tenant);
    expect((await tenant.edges({ nodeId: id })).nodes).toEqual([]);
    const page = await tenant.edges({ nodeId: id, withNodes: true });
    expect(page.nodes.map((node) => node.id)).toEqual([id, ...others]);
    const inward = await tenant.edges({
      nodeId: id,
      direction: "in",
      edgeTypeId: BOSS,
      withNodes: true,
    });
    expect(inward.nodes.map((node) => node.id)).toEqual(others);
  });

  test("skip hidden edges without losing count of a page", async () => {
    const tenant = await freshTenant();
    const { id, others } = await hub(tenant);
    await tenant.execute(others.slice(1, 4).map((other) => deleteNode(other)));
    const request = { nodeId: id, edgeTypeId: OWNS, pageSize: 1 };
    const first = await tenant.edges(request);
    expect(first).toMatchObject({ edges: [{ toId: others[0] }], hasMore: true });
    const second = await tenant.edges({ ...request, cursor: first.nextCursor });
    expect(second).toMatchObject({ edges: [{ toId: others[4] }], hasMore: false });
  });

  test("are of a live node", async () => {
    const tenant = await freshTenant();
    const [id] = (await users(tenant, 1)) as [string];
    expect((await refused(tenant.edges({ nodeId: ownId("nd", 404) }))).reason).toBe(
      "NODE_NOT_FOUND",
    );
    await tenant.one(deleteNode(id));
    expect((await refused(tenant.edges({ nodeId: id }))).reason).toBe("NODE_NOT_FOUND");
  });
});

describe("walks", () => {
  const walk = async (
    tenant: TenantClient,
    request: Parameters<typeof tenant.connected>[0],
  ): Promise<[string, number][]> => {
    const found: [string, number][] = [];
    let cursor: Uint8Array | undefined;
    do {
      const page = await tenant.connected({ ...request, cursor });
      found.push(...page.nodes.map(({ node, distance }): [string, number] => [node.id, distance]));
      expect(page.nextCursor !== undefined).toBe(page.hasMore);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return found;
  };

  /** 1 → 2 → 3 → 4 → 5 → 6 → 7 → 1, and a short cut 1 → 4. */
  async function ring(tenant: TenantClient): Promise<string[]> {
    const ids = await users(tenant, 7);
    await tenant.execute([
      ...ids.map((id, i) => createEdge(KNOWS, id, ids[(i + 1) % 7] as string)),
      createEdge(KNOWS, ids[0] as string, ids[3] as string),
      createEdge(OWNS, ids[0] as string, ids[6] as string),
      createEdge(KNOWS, ids[1] as string, ids[1] as string),
    ]);
    return ids;
  }

  test("give every node once, at its shortest distance, by distance and id", async () => {
    const tenant = await freshTenant();
    const [a, b, c, d, e, f, g] = (await ring(tenant)) as [
      string,
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const from = { nodeId: a, edgeTypeId: KNOWS };
    const byDepth: [string, number][][] = [
      [
        [b, 1],
        [d, 1],
      ],
      [
        [c, 2],
        [e, 2],
      ],
      [[f, 3]],
      [[g, 4]],
      [],
    ];
    for (let depth = 1; depth <= 5; depth++) {
      for (const pageSize of [1, 2, 1_000]) {
        const wanted = byDepth.slice(0, depth).flat();
        expect(await walk(tenant, { ...from, depth, pageSize })).toEqual(wanted);
      }
    }
    expect(await walk(tenant, { ...from, depth: 0 })).toEqual(byDepth[0] as never);
    expect(await walk(tenant, { ...from, edgeTypeId: OWNS, depth: 5 })).toEqual([[g, 1]]);
    expect(await walk(tenant, { ...from, direction: "in", depth: 2 })).toEqual([
      [g, 1],
      [f, 2],
    ]);
  });

  test("do not pass through a deleted node", async () => {
    const tenant = await freshTenant();
    const [a, b, c, d, e] = (await ring(tenant)) as [string, string, string, string, string];
    await tenant.one(deleteNode(d));
    const reached = await walk(tenant, { nodeId: a, edgeTypeId: KNOWS, depth: 5 });
    expect(reached).toEqual([
      [b, 1],
      [c, 2],
    ]);
    await tenant.one(restoreNode(d));
    const again = await walk(tenant, { nodeId: a, edgeTypeId: KNOWS, depth: 2 });
    expect(again.map(([id]) => id)).toEqual([b, d, c, e]);
  });

  test("have a greatest depth", async () => {
    const tenant = await freshTenant();
    const [a] = (await ring(tenant)) as [string];
    for (const depth of [6, -1, 1.5]) {
      const error = refused(tenant.connected({ nodeId: a, edgeTypeId: KNOWS, depth }));
      expect((await error).reason).toBe("LIMIT_EXCEEDED");
    }
    const noType = refused(tenant.connected({ nodeId: a, edgeTypeId: 0 }));
    expect((await noType).reason).toBe("INVALID_REQUEST");
    const missing = tenant.connected({ nodeId: ownId("nd", 404), edgeTypeId: KNOWS });
    expect((await refused(missing)).reason).toBe("NODE_NOT_FOUND");
  });

  test("look at so many edges and not one more", async () => {
    for (const [walkEdges, reason] of [
      [4, undefined],
      [3, "LIMIT_EXCEEDED"],
    ] as const) {
      await using small = await TestPartition.open({ walkEdges });
      const tenant = small.tenant("acme");
      await tenant.register(GRAPH_SCHEMA);
      const ids = await users(tenant, 5);
      const [a, ...others] = ids as [string, ...string[]];
      await tenant.execute(others.map((other) => createEdge(KNOWS, a, other)));
      const found = tenant.connected({ nodeId: a, edgeTypeId: KNOWS });
      if (reason === undefined) expect((await found).nodes).toHaveLength(4);
      else expect((await refused(found)).reason).toBe(reason);
    }
  });
});

describe("pages", () => {
  test("have a hundred rows when nothing is said, and a thousand at the most", async () => {
    const tenant = await freshTenant();
    await users(tenant, 101);
    const page = await tenant.query({ typeId: USER });
    expect(page).toMatchObject({ hasMore: true });
    expect(page.nodes).toHaveLength(limits.pageRowsDefault);
    expect((await tenant.query({ typeId: USER, pageSize: limits.pageRowsMax })).hasMore).toBe(
      false,
    );
    for (const pageSize of [limits.pageRowsMax + 1, -1, 1.5]) {
      const query = refused(tenant.query({ typeId: USER, pageSize }));
      expect((await query).reason).toBe("LIMIT_EXCEEDED");
      const edges = refused(tenant.edges({ nodeId: ownId("nd", 1), pageSize }));
      expect((await edges).reason).toBe("LIMIT_EXCEEDED");
    }
  });

  test("go on behind the last row, whatever came or went before it", async () => {
    const tenant = await freshTenant();
    const ids = await users(tenant, 4);
    const order = [{ operand: { of: "field", fieldId: AGE }, descending: false }] as const;
    const first = await tenant.query({ typeId: USER, order, pageSize: 2 });
    expect(first.nodes.map((node) => node.id)).toEqual(ids.slice(0, 2));
    await tenant.execute([
      purgeNode(ids[1] as string),
      createNode(USER, { [AGE]: int(-1) }),
      createNode(USER, { [AGE]: int(9) }, { id: ownId("nd", 9) }),
    ]);
    const rest = await tenant.query({ typeId: USER, order, cursor: first.nextCursor });
    expect(rest.nodes.map((node) => node.id)).toEqual([...ids.slice(2), ownId("nd", 9)]);
  });

  test("an offset passes over rows; it does not go with a cursor, and not beyond its limit", async () => {
    const tenant = await freshTenant();
    const ids = await users(tenant, 5);
    const page = await tenant.query({ typeId: USER, offset: 3, pageSize: 1 });
    expect(page).toMatchObject({ hasMore: true, nodes: [{ id: ids[3] }] });
    const next = await tenant.query({ typeId: USER, pageSize: 1, cursor: page.nextCursor });
    expect(next).toMatchObject({ hasMore: false, nodes: [{ id: ids[4] }] });
    expect((await tenant.query({ typeId: USER, offset: limits.pageOffsetMax })).nodes).toEqual([]);
    for (const offset of [limits.pageOffsetMax + 1, -1, 0.5]) {
      const past = refused(tenant.query({ typeId: USER, offset }));
      expect((await past).reason).toBe("LIMIT_EXCEEDED");
    }
    const both = refused(tenant.query({ typeId: USER, offset: 1, cursor: page.nextCursor }));
    expect((await both).reason).toBe("INVALID_REQUEST");
  });
});

describe("a cursor", () => {
  const operand = { of: "field", fieldId: AGE } as const;
  const filter = { op: "gte", operand, values: [int(0)] } as const;
  const order = [{ operand, descending: false }];

  test("continues its own query only, whatever the size of the page", async () => {
    const tenant = await freshTenant();
    await users(tenant, 4);
    const asked = { typeId: USER, filter, order };
    const { nextCursor: cursor } = await tenant.query({ ...asked, pageSize: 1 });
    expect((await tenant.query({ ...asked, cursor, pageSize: 2 })).nodes).toHaveLength(2);
    const others = [
      { ...asked, filter: undefined },
      { ...asked, filter: { ...filter, values: [int(1)] } },
      { ...asked, filter: { ...filter, op: "gt" as const } },
      { ...asked, order: [] },
      { ...asked, order: [{ operand, descending: true }] },
      { ...asked, includeDeleted: true },
    ];
    for (const other of others) {
      const error = await refused(tenant.query({ ...other, cursor }));
      expect(error).toMatchObject({ code: "invalid_argument", reason: "INVALID_CURSOR" });
    }
  });

  test("is its actor's and its tenant's", async () => {
    const tenant = await freshTenant();
    await users(tenant, 2);
    const { nextCursor: cursor } = await tenant.query({ typeId: USER, pageSize: 1 });
    const other = await freshTenant();
    await users(other, 2);
    const bob = partition.tenant(tenant.caller.tenantId, "user:bob");
    for (const who of [other, bob]) {
      const error = await refused(who.query({ typeId: USER, pageSize: 1, cursor }));
      expect(error.reason).toBe("INVALID_CURSOR");
    }
  });

  test("of edges or of a walk continues that list only", async () => {
    const tenant = await freshTenant();
    const [a, b, c] = (await users(tenant, 3)) as [string, string, string];
    await tenant.execute([
      createEdge(KNOWS, a, b),
      createEdge(KNOWS, a, c),
      createEdge(KNOWS, b, a),
      createEdge(KNOWS, b, c),
    ]);
    const { nextCursor: ofEdges } = await tenant.edges({ nodeId: a, pageSize: 1 });
    const { nextCursor: ofWalk } = await tenant.connected({
      nodeId: a,
      edgeTypeId: KNOWS,
      depth: 2,
      pageSize: 1,
    });
    const from = { nodeId: a, edgeTypeId: KNOWS };
    for (const call of [
      tenant.edges({ nodeId: b, cursor: ofEdges }),
      tenant.edges({ nodeId: a, direction: "in", cursor: ofEdges }),
      tenant.edges({ ...from, cursor: ofEdges }),
      tenant.edges({ nodeId: a, cursor: ofWalk }),
      tenant.connected({ ...from, depth: 1, cursor: ofWalk }),
      tenant.connected({ ...from, depth: 2, nodeId: b, cursor: ofWalk }),
      tenant.connected({ ...from, depth: 2, direction: "in", cursor: ofWalk }),
      tenant.connected({ ...from, depth: 2, cursor: ofEdges }),
      tenant.query({ typeId: USER, cursor: ofEdges }),
    ]) {
      expect((await refused(call)).reason).toBe("INVALID_CURSOR");
    }
  });

  test("that was damaged in any byte is refused, or goes on somewhere in the same list", async () => {
    const tenant = await freshTenant();
    await users(tenant, 4);
    const asked = { typeId: USER, filter, order };
    const { nextCursor } = await tenant.query({ ...asked, pageSize: 1 });
    const sound = nextCursor ?? new Uint8Array();
    for (let at = 0; at < sound.length; at++) {
      const flipped = sound.slice();
      flipped[at] = (flipped[at] as number) ^ 0xff;
      for (const cursor of [flipped, sound.slice(0, at)]) {
        const outcome = await tenant.query({ ...asked, cursor }).catch((error: unknown) => error);
        if (outcome instanceof EntError) expect(outcome.reason).toBe("INVALID_CURSOR");
        else expect(outcome).toMatchObject({ nodes: expect.any(Array) });
      }
    }
    const long = new Uint8Array(limits.cursorBytes + 1).fill(1);
    expect((await refused(tenant.query({ ...asked, cursor: long }))).reason).toBe("INVALID_CURSOR");
  });
});

describe("how fresh a read is", () => {
  function deadline(): { signal: AbortSignal; pass: () => void } {
    const controller = new AbortController();
    const code = "deadline_exceeded";
    const reason = new EntError({ code, reason: "DEADLINE_EXCEEDED", message: "Too late." });
    return { signal: controller.signal, pass: () => controller.abort(reason) };
  }

  test("at least a position: the read waits for it", async () => {
    const tenant = await freshTenant();
    const [id] = (await users(tenant, 1)) as [string];
    partition.held.batches.close();
    const written = await tenant.execute([updateNode(id)], { wait: "durable" });
    expect((await tenant.node(id)).version).toBe(1);
    const waiting = [
      tenant.node(id, { atLeast: written.positionToken }),
      tenant.node(id, { strong: true }),
    ];
    let answered = false;
    void Promise.race(waiting).then(() => {
      answered = true;
    });
    for (let turns = 0; turns < 20; turns++) await turn();
    expect(answered).toBe(false);
    partition.held.batches.open();
    expect((await Promise.all(waiting)).map((node) => node.version)).toEqual([2, 2]);
  });

  test("every read can be asked to be fresh", async () => {
    const tenant = await freshTenant();
    const [id] = (await users(tenant, 1)) as [string];
    partition.held.batches.close();
    const make = createNode(USER, { [EMAIL]: str("new") });
    const link = createEdge(KNOWS, id, "$a.id");
    const written = await tenant.execute([{ ...make, alias: "a" }, link], {
      wait: "durable",
      key: "key",
    });
    const made = written.results[0]?.nodeId as string;
    const fresh = { atLeast: written.positionToken };
    const key = { by: "field", fieldId: EMAIL } as const;
    const reads = [
      tenant.nodes([made], fresh).then(({ nodes }) => nodes.length),
      tenant.byKey({ typeId: USER, key, values: [str("new")] }, fresh).then(() => 1),
      tenant.query({ typeId: USER }, fresh).then(({ nodes }) => nodes.length - 1),
      tenant.count({ typeId: USER }, fresh).then((count) => count - 1),
      tenant.edges({ nodeId: id }, fresh).then(({ edges }) => edges.length),
      tenant.connected({ nodeId: id, edgeTypeId: KNOWS }, fresh).then(({ nodes }) => nodes.length),
      tenant.receipt("key", fresh).then(({ state }) => Number(state === "applied")),
      tenant.schema(fresh).then(() => 1),
    ];
    await turn();
    partition.held.batches.open();
    expect(await Promise.all(reads)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
  });

  test("a read that is not fresh by its deadline fails, and never answers older", async () => {
    const tenant = await freshTenant();
    const [id] = (await users(tenant, 1)) as [string];
    partition.held.batches.close();
    const written = await tenant.execute([updateNode(id)], { wait: "durable" });
    for (const fresh of [{ atLeast: written.positionToken }, { strong: true }]) {
      const { signal, pass } = deadline();
      const read = tenant.node(id, { ...fresh, signal });
      await turn();
      pass();
      expect(await refused(read)).toMatchObject({
        code: "deadline_exceeded",
        reason: "POSITION_NOT_REACHED",
        retryable: true,
      });
    }
    partition.held.batches.open();
    expect((await tenant.node(id, { strong: true })).version).toBe(2);
  });

  test("a position of another log is refused, not waited for", async () => {
    await using other = await TestPartition.open({ seed: 2 });
    const elsewhere = other.tenant("acme");
    const { positionToken } = await elsewhere.register(GRAPH_SCHEMA);
    const tenant = await freshTenant();
    const error = await refused(tenant.query({ typeId: USER }, { atLeast: positionToken }));
    expect(error.reason).toBe("POSITION_FROM_ANOTHER_LOG");
  });

  test("a position that this log has not reached is refused, not waited for", async () => {
    const tenant = await freshTenant();
    const { logId, endOffset, partition: number } = partition.engine.logState();
    const at = (offset: number) => encodePositionToken({ logId, partition: number, offset });
    await tenant.query({ typeId: USER }, { atLeast: at(endOffset - 1) });
    const error = await refused(tenant.query({ typeId: USER }, { atLeast: at(endOffset) }));
    expect(error).toMatchObject({ code: "out_of_range", reason: "POSITION_BEYOND_LOG" });
  });

  test("what is no position is refused; nothing at all asks for nothing", async () => {
    const tenant = await freshTenant();
    const none = new Uint8Array();
    await tenant.query({ typeId: USER }, { atLeast: none });
    for (const atLeast of [Uint8Array.of(1), new Uint8Array(500)]) {
      const error = await refused(tenant.query({ typeId: USER }, { atLeast }));
      expect(error.reason).toBe("INVALID_POSITION");
    }
  });

  test("an answer says how fresh it is, and never claims more", async () => {
    const tenant = await freshTenant();
    const [id] = (await users(tenant, 1)) as [string];
    const scan = tenant.query({
      typeId: USER,
      filter: { op: "neq", operand: { of: "field", fieldId: NAME }, values: [str("x")] },
    });
    await turn();
    const { positionToken } = await tenant.execute([updateNode(id, { [NAME]: str("n") })]);
    const page = await scan;
    const [read, written] = [page.positionToken, positionToken].map(decodePositionToken);
    expect(read?.offset).toBeLessThan(written?.offset as number);
    const again = await tenant.query({ typeId: USER }, { atLeast: page.positionToken });
    expect(decodePositionToken(again.positionToken).offset).toBe(written?.offset as number);
  });

  test("a read whose signal has passed does nothing; one under way is given up", async () => {
    const tenant = await freshTenant();
    await users(tenant, 3);
    const passed = deadline();
    passed.pass();
    for (const call of [
      tenant.node(ownId("nd", 1), passed),
      tenant.query({ typeId: USER }, passed),
      tenant.count({ typeId: USER }, passed),
    ]) {
      expect((await refused(call)).reason).toBe("DEADLINE_EXCEEDED");
    }
    const underWay = deadline();
    const count = tenant.count({ typeId: USER }, underWay);
    // Without a turn of the event loop, in which the worker could answer.
    while (partition.partition.workers.size === 0) await Promise.resolve();
    underWay.pass();
    expect((await refused(count)).reason).toBe("DEADLINE_EXCEEDED");
    expect(partition.partition.workers.size).toBe(0);
    expect(await tenant.count({ typeId: USER })).toBe(3);
  });
});

describe("deleted nodes", () => {
  test("are in a query on request, by id and type, with and without a filter", async () => {
    const tenant = await freshTenant();
    const ids = await users(tenant, 4);
    await tenant.execute([deleteNode(ids[1] as string), deleteNode(ids[3] as string)]);
    const filter = { op: "gte", operand: { of: "field", fieldId: AGE }, values: [int(1)] } as const;
    const found = async (includeDeleted: boolean, filtered: boolean) => {
      const asked = { typeId: USER, includeDeleted, ...(filtered && { filter }) };
      expect(await tenant.count(asked)).toBe((await tenant.queryAll(asked, 1)).length);
      return (await tenant.queryAll(asked, 2)).map((node) => ids.indexOf(node.id));
    };
    expect(await found(false, false)).toEqual([0, 2]);
    expect(await found(true, false)).toEqual([0, 1, 2, 3]);
    expect(await found(false, true)).toEqual([2]);
    expect(await found(true, true)).toEqual([1, 2, 3]);
  });
});

describe("budgets", () => {
  const ROWS = 10;
  const named = { op: "eq", operand: { of: "field", fieldId: NAME }, values: [str("x")] } as const;
  const order = [{ operand: { of: "field", fieldId: NAME }, descending: false }] as const;

  async function small(scanRows: number): Promise<[TestPartition, TenantClient]> {
    const opened = await TestPartition.open({ scanRows });
    const tenant = opened.tenant("acme");
    await tenant.register(GRAPH_SCHEMA);
    await users(tenant, ROWS);
    return [opened, tenant];
  }

  test("a scan that fits is answered", async () => {
    const [opened, tenant] = await small(ROWS);
    await using _ = opened;
    expect(await tenant.count({ typeId: USER })).toBe(ROWS);
    expect(await tenant.queryAll({ typeId: USER, filter: named })).toEqual([]);
    expect(await tenant.queryAll({ typeId: USER, order })).toHaveLength(ROWS);
  });

  test("one row too many is refused, naming the field that wants an index", async () => {
    const [opened, tenant] = await small(ROWS - 1);
    await using _ = opened;
    for (const call of [
      tenant.query({ typeId: USER, filter: named }),
      tenant.query({ typeId: USER, order }),
      tenant.count({ typeId: USER, filter: named }),
    ]) {
      const error = await refused(call);
      expect(error).toMatchObject({ code: "failed_precondition", reason: "QUERY_NEEDS_INDEX" });
    }
    const error = await refused(tenant.query({ typeId: USER, filter: named }));
    expect(error.details["field"]).toContain("name");
    expect(error.hint).toContain("name");
  });

  test("a page along an index is within any budget, and its total is absent with the reason", async () => {
    const [opened, tenant] = await small(ROWS - 1);
    await using _ = opened;
    const page = await tenant.query({ typeId: USER, pageSize: 2, withTotalCount: true });
    expect(page.nodes).toHaveLength(2);
    expect(page.totalCount).toBeUndefined();
    expect(page.totalCountAbsentReason).toContain(String(ROWS - 1));
    const fewer = { op: "lt", operand: { of: "field", fieldId: AGE }, values: [int(5)] } as const;
    const counted = await tenant.query({ typeId: USER, filter: fewer, withTotalCount: true });
    expect(counted).toMatchObject({ totalCount: 5, totalCountAbsentReason: undefined });
    const unasked = await tenant.query({ typeId: USER, pageSize: 2 });
    expect(unasked).toMatchObject({ totalCount: undefined, totalCountAbsentReason: undefined });
  });
});

describe("queries at odds with the schema", () => {
  test("are refused before anything is read", async () => {
    const tenant = await freshTenant();
    const reasonOf = async (...asked: Parameters<typeof tenant.query>) =>
      (await refused(tenant.query(...asked))).reason;
    expect(await reasonOf({ typeId: 99 })).toBe("TYPE_UNKNOWN");
    const field = (fieldId: number) => ({ of: "field", fieldId }) as const;
    const eq = (fieldId: number, value: ReturnType<typeof str>) =>
      ({ op: "eq", operand: field(fieldId), values: [value] }) as const;
    expect(await reasonOf({ typeId: USER, filter: eq(99, str("x")) })).toBe("FIELD_UNKNOWN");
    expect(await reasonOf({ typeId: USER, filter: eq(AGE, str("x")) })).toBe("INVALID_FILTER");
    const order = [{ operand: field(99), descending: false }];
    expect(await reasonOf({ typeId: USER, order })).toBe("FIELD_UNKNOWN");
  });

  test("types have rows of their own", async () => {
    const tenant = await freshTenant();
    await users(tenant, 2);
    await tenant.make(createNode(TASK, { [TITLE]: str("t") }));
    expect(await tenant.count({ typeId: USER })).toBe(2);
    expect(await tenant.queryAll({ typeId: TASK })).toHaveLength(1);
  });
});

test("tenants are not created by writing where that is turned off", async () => {
  await using closed = await TestPartition.open({ autoCreateTenants: false });
  const tenant = closed.tenant("acme");
  expect(await refused(tenant.register(GRAPH_SCHEMA))).toMatchObject({
    code: "not_found",
    reason: "TENANT_NOT_FOUND",
  });
  expect((await refused(tenant.schema())).reason).toBe("TENANT_NOT_FOUND");
  expect(closed.engine.logState().endOffset).toBe(0);
});
