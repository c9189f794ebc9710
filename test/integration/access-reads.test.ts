/**
 * Who sees what, through every kind of read, against a naive model: random owners, grants with
 * and without an end, groups in groups, roles that are held and roles that are carried. All
 * pages together, totals, counts, look-ups and walks must be what the model says, and what may
 * not be read must be answered byte for byte as what does not exist. Seeds are printed with a
 * failure.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { EntError } from "../../src/base/errors.ts";
import type { OrderTerm } from "../../src/query/query.ts";
import type { MembershipStep } from "../../src/record/transaction.ts";
import { AGE, EMAIL, GRAPH_SCHEMA, KNOWS, THING, USER } from "../harness/graph-schema.ts";
import {
  createEdge,
  createNode,
  deleteNode,
  grant,
  int,
  ownId,
  restoreNode,
  revoke,
  setVisibility,
  sharedWith,
  str,
} from "../harness/operations.ts";
import { TestPartition } from "../harness/partition.ts";
import type { TenantClient } from "../harness/tenant-client.ts";
import {
  ASKERS,
  type Asker,
  Dice,
  type ModelNode,
  VisibilityModel,
} from "../harness/visibility-model.ts";

let partition: TestPartition;
let tenants = 0;

beforeAll(async () => {
  partition = await TestPartition.open();
});
afterAll(() => partition[Symbol.asyncDispose]());

const MEMBERSHIP: readonly MembershipStep[] = [
  { action: "put_group", group: "inner" },
  { action: "put_group", group: "outer" },
  { action: "add_to_group", group: "inner", member: "user:bob" },
  { action: "add_to_group", group: "outer", member: "group:inner" },
  { action: "add_to_group", group: "outer", member: "user:carol" },
  { action: "put_role", role: "editor", rights: [] },
  { action: "put_role", role: "boss", rights: ["data"] },
  { action: "set_member", principal: "user:carol", roles: ["editor"] },
  { action: "set_member", principal: "user:fay", roles: ["boss"] },
];

/** A tenant with the schema and the members of the model; a client for each who asks. */
async function freshTenant(): Promise<string> {
  const tenantId = `tenant-${++tenants}`;
  await partition.tenant(tenantId).register(GRAPH_SCHEMA);
  await partition.appendRecord(tenantId, {
    rulesVersion: 2,
    actor: "user:root",
    roles: ["admin"],
    body: {
      kind: "transaction",
      operations: MEMBERSHIP.map((step) => ({ op: "membership", step })),
      attachedSchema: undefined,
    },
  });
  expect(
    await partition.tenant(tenantId).node(ownId("nd", 0), { strong: true }).catch(reasonOf),
  ).toBe("NODE_NOT_FOUND");
  return tenantId;
}

function reasonOf(error: unknown): string {
  return error instanceof EntError ? error.reason : String(error);
}

function clientOf(tenantId: string, { actor, roles }: Asker): TenantClient {
  return partition.tenant(tenantId, actor, roles);
}

const root = (tenantId: string) => partition.tenant(tenantId, "user:root", ["admin"]);

async function randomNode(model: VisibilityModel, tenantId: string, dice: Dice, i: number) {
  const { actor } = dice.pick(ASKERS);
  const age = dice.below(5) === 0 ? undefined : dice.below(4);
  const email = `${tenantId}-${i}`;
  const typeId = dice.below(6) === 0 ? THING : USER;
  const grants = Array.from({ length: dice.below(3) }, () => dice.grant(partition.clock.now()));
  const values = { [EMAIL]: str(email), ...(age !== undefined && { [AGE]: int(age) }) };
  const sharing = { ...sharedWith("read").sharing, grants };
  const id = await partition
    .tenant(tenantId, actor)
    .make(createNode(typeId, typeId === USER ? values : {}, { sharing }));
  const node: ModelNode = { id, typeId, owner: actor, age, email, deleted: false, grants };
  model.nodes.set(id, { ...node, grants: distinct(grants) });
}

/** Of two grants alike the later one stands. */
function distinct(grants: ModelNode["grants"]): ModelNode["grants"] {
  return [...new Map(grants.map((one) => [`${one.permission} ${one.principal}`, one])).values()];
}

async function randomChange(model: VisibilityModel, tenantId: string, dice: Dice) {
  const node = dice.pick([...model.nodes.values()]);
  const owner = partition.tenant(tenantId, node.owner);
  const given = dice.grant(partition.clock.now());
  const { principal, permission, expiresAt } = given;
  switch (dice.below(6)) {
    case 0:
      await owner.one(node.deleted ? restoreNode(node.id) : deleteNode(node.id));
      node.deleted = !node.deleted;
      return;
    case 1:
      await owner.one(setVisibility(node.id, principal));
      node.grants = distinct([
        ...node.grants.filter((one) => one.permission !== "read"),
        { principal, permission: "read", expiresAt: 0 },
      ]);
      return;
    case 2:
      await owner.one(revoke(node.id, principal));
      node.grants = node.grants.filter((one) => one.principal !== principal);
      return;
    default:
      await owner.one(grant(node.id, principal, permission, expiresAt));
      node.grants = distinct([...node.grants, given]);
  }
}

async function randomEdges(model: VisibilityModel, tenantId: string, dice: Dice, count: number) {
  const users = [...model.nodes.values()].filter((node) => node.typeId === USER && !node.deleted);
  const seen = new Set<string>();
  for (let i = 0; i < count; i++) {
    const [from, to] = [dice.pick(users).id, dice.pick(users).id];
    if (seen.has(from + to)) continue;
    seen.add(from + to);
    await root(tenantId).one(createEdge(KNOWS, from, to));
    model.edges.push({ from, to });
  }
}

async function randomGraph(seed: number): Promise<{ model: VisibilityModel; tenantId: string }> {
  const dice = new Dice(seed);
  const model = new VisibilityModel();
  const tenantId = await freshTenant();
  for (let i = 0; i < 40; i++) await randomNode(model, tenantId, dice, i);
  await randomEdges(model, tenantId, dice, 90);
  for (let i = 0; i < 30; i++) await randomChange(model, tenantId, dice);
  model.now = partition.clock.now();
  return { model, tenantId };
}

const idsOf = (nodes: readonly { readonly id: string }[]) => nodes.map(({ id }) => id);
const age = { of: "field", fieldId: AGE } as const;
const adults = { op: "gte", operand: age, values: [int(2)] } as const;
const byAge: OrderTerm[] = [{ operand: age, descending: true }];

function compareAge(a: ModelNode, b: ModelNode): number {
  if (a.age !== b.age) return a.age === undefined ? 1 : b.age === undefined ? -1 : b.age - a.age;
  return a.id < b.id ? -1 : 1;
}

async function checkLookUps(model: VisibilityModel, client: TenantClient, asker: Asker) {
  for (const node of model.nodes.values()) {
    const live = model.live(asker, node.id);
    const visible = model.canRead(asker, node);
    const found = await client.node(node.id).catch(reasonOf);
    expect(typeof found === "string" ? found : found.id).toBe(live ? node.id : "NODE_NOT_FOUND");
    const deleted = await client.node(node.id, { deleted: true }).catch(reasonOf);
    expect(typeof deleted === "string" ? deleted : deleted.id).toBe(
      visible ? node.id : "NODE_NOT_FOUND",
    );
    if (node.typeId !== USER) continue;
    const key = {
      typeId: USER,
      key: { by: "field", fieldId: EMAIL },
      values: [str(node.email)],
    } as const;
    const keyed = await client.byKey(key).catch(reasonOf);
    expect(typeof keyed === "string" ? keyed : keyed.id).toBe(live ? node.id : "NODE_NOT_FOUND");
  }
  const ids = [...model.nodes.keys(), ownId("nd", 1)];
  const { nodes, missingIds } = await client.nodes(ids);
  expect(idsOf(nodes)).toEqual(ids.filter((id) => model.live(asker, id)));
  expect(missingIds).toEqual(ids.filter((id) => !model.live(asker, id)));
}

async function checkQueries(
  model: VisibilityModel,
  client: TenantClient,
  asker: Asker,
  size: number,
) {
  const mine = model.visible(asker, USER);
  expect(idsOf(await client.queryAll({ typeId: USER }, size))).toEqual(idsOf(mine));
  expect(idsOf(await client.queryAll({ typeId: THING }, size))).toEqual(
    idsOf(model.visible(asker, THING)),
  );
  const withDeleted = idsOf(model.visible(asker, USER, true));
  expect(idsOf(await client.queryAll({ typeId: USER, includeDeleted: true }, size))).toEqual(
    withDeleted,
  );
  const ordered = idsOf([...mine].sort(compareAge));
  expect(idsOf(await client.queryAll({ typeId: USER, order: byAge }, size))).toEqual(ordered);
  const old = mine.filter((node) => node.age !== undefined && node.age >= 2);
  const found = await client.queryAll({ typeId: USER, filter: adults, order: byAge }, size);
  expect(idsOf(found)).toEqual(idsOf([...old].sort(compareAge)));
  expect(await client.count({ typeId: USER })).toBe(mine.length);
  expect(await client.count({ typeId: USER, filter: adults })).toBe(old.length);
  expect(await client.count({ typeId: USER, includeDeleted: true })).toBe(withDeleted.length);
  const page = await client.query({
    typeId: USER,
    withTotalCount: true,
    pageSize: size,
    offset: 2,
  });
  expect([idsOf(page.nodes), page.totalCount, page.hasMore]).toEqual([
    idsOf(mine).slice(2, 2 + size),
    mine.length,
    mine.length > 2 + size,
  ]);
}

async function checkEdges(
  model: VisibilityModel,
  client: TenantClient,
  asker: Asker,
  size: number,
) {
  for (const [id, { typeId }] of model.nodes) {
    if (typeId !== USER) continue;
    for (const direction of ["out", "in"] as const) {
      const request = { nodeId: id, direction, pageSize: size };
      const walk = { nodeId: id, edgeTypeId: KNOWS, direction, depth: 1 + (size % 4) };
      if (!model.live(asker, id)) {
        expect(await client.edges(request).catch(reasonOf)).toBe("NODE_NOT_FOUND");
        expect(await client.connected(walk).catch(reasonOf)).toBe("NODE_NOT_FOUND");
        continue;
      }
      const expected = model.neighbours(asker, id, direction);
      const listed = await client.allEdges(request);
      expect(listed.map((edge) => (direction === "out" ? edge.toId : edge.fromId))).toEqual(
        expected,
      );
      const { nodes } = await client.edges({ ...request, pageSize: 0, withNodes: true });
      expect(idsOf(nodes)).toEqual(expected);
      const reached = await allConnected(client, { ...walk, pageSize: size });
      expect(reached).toEqual(model.reachable(asker, id, direction, walk.depth));
    }
  }
}

async function allConnected(
  client: TenantClient,
  request: Parameters<TenantClient["connected"]>[0],
): Promise<{ id: string; distance: number }[]> {
  const all: { id: string; distance: number }[] = [];
  let cursor: Uint8Array | undefined;
  do {
    const page = await client.connected({ ...request, cursor });
    all.push(...page.nodes.map(({ node, distance }) => ({ id: node.id, distance })));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return all;
}

describe("every read sees what the model says", () => {
  const seeds = Array.from({ length: 6 }, (_, i) => 1 + i);
  test.each(seeds)(
    "seed %d",
    async (seed) => {
      const { model, tenantId } = await randomGraph(seed);
      for (const [i, asker] of ASKERS.entries()) {
        const client = clientOf(tenantId, asker);
        await checkLookUps(model, client, asker);
        await checkQueries(model, client, asker, 1 + ((seed + i) % 7));
        await checkEdges(model, client, asker, 1 + ((seed + i) % 7));
      }
      // Some grants end now, without a write.
      partition.fakeClock.advance(100);
      model.now = partition.clock.now();
      for (const asker of ASKERS) {
        const client = clientOf(tenantId, asker);
        await checkLookUps(model, client, asker);
        await checkQueries(model, client, asker, 3);
      }
    },
    120_000,
  );
});

describe("a node with more hidden edges than a request's own turn looks at", () => {
  const HIDDEN = 2_000;
  const SEEN = 5;
  const tenantId = "acme";
  let large: TestPartition;
  let hub: string;
  let seen: string[];

  beforeAll(async () => {
    large = await TestPartition.open({ wal: "file" });
    const alice = large.tenant(tenantId);
    await alice.register(GRAPH_SCHEMA);
    hub = await alice.make(createNode(USER, {}, sharedWith("read", "user:bob")));
    for (let from = 0; from < HIDDEN; from += 400) {
      const ids = Array.from({ length: 400 }, (_, i) => ownId("nd", 1 + from + i));
      await alice.execute([
        ...ids.map((id) => createNode(USER, {}, { id })),
        ...ids.map((id) => createEdge(KNOWS, hub, id)),
      ]);
    }
    // Ids of the server's making come behind those.
    const shared = sharedWith("read", "user:bob");
    seen = [];
    for (let i = 0; i < SEEN; i++) seen.push(await alice.make(createNode(USER, {}, shared)));
    seen.sort();
    await alice.execute(seen.map((id) => createEdge(KNOWS, hub, id)));
  });
  afterAll(() => large[Symbol.asyncDispose]());

  test("shows full pages of those that lead to what may be read", async () => {
    const bob = large.tenant(tenantId, "user:bob");
    const page = await bob.edges({ nodeId: hub, pageSize: 3, withNodes: true });
    expect(page.edges.map((edge) => edge.toId)).toEqual(seen.slice(0, 3));
    expect([idsOf(page.nodes), page.hasMore]).toEqual([seen.slice(0, 3), true]);
    const rest = await bob.edges({ nodeId: hub, pageSize: 3, cursor: page.nextCursor });
    expect([rest.edges.map((edge) => edge.toId), rest.hasMore]).toEqual([seen.slice(3), false]);
    const walk = await bob.connected({ nodeId: hub, edgeTypeId: KNOWS, depth: 3 });
    expect(idsOf(walk.nodes.map(({ node }) => node))).toEqual(seen);
  });

  test("is refused beyond the edges that a list or a walk may look at", async () => {
    await using bounded = await large.fork({ walkEdges: HIDDEN });
    const bob = bounded.tenant(tenantId, "user:bob");
    expect(await bob.edges({ nodeId: hub }).catch(reasonOf)).toBe("LIMIT_EXCEEDED");
    const walk = { nodeId: hub, edgeTypeId: KNOWS, depth: 1 };
    expect(await bob.connected(walk).catch(reasonOf)).toBe("LIMIT_EXCEEDED");
    // The first page of who sees all of them looks at no more than it shows.
    const alice = bounded.tenant(tenantId);
    expect((await alice.edges({ nodeId: hub, pageSize: 100 })).edges).toHaveLength(100);
  });
});
