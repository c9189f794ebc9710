/** Filters, orders, pages, counts, edges and walks. */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import {
  type Client,
  InvalidArgumentError,
  type NodeId,
  UnknownFieldError,
  type Where,
} from "@entdb/client";
import { refusal } from "./fixtures/refusal.ts";
import { AssignedTo, Follows, Task, User } from "./fixtures/schema.ts";
import { useServer } from "./fixtures/suite.ts";

const STATUSES = ["todo", "doing", "done"] as const;

describe("reading", () => {
  const suite = useServer();
  let client: Client;
  let tasks: readonly NodeId[] = [];
  let user: NodeId;

  before(async () => {
    client = suite.client("grpc");
    const { results } = await client.atomic((plan) => {
      const owner = plan.create(User, { email: "owner@x" });
      const made = Array.from({ length: 10 }, (_, i) =>
        plan.create(Task, {
          title: `Task ${i}`,
          status: STATUSES[i % 3] ?? null,
          priority: i,
          ...(i % 2 === 0 ? { owner, due: new Date(i * 1_000) } : {}),
          tags: i < 3 ? ["early", `t${i}`] : null,
        }),
      );
      for (const task of made) plan.link(AssignedTo, task, owner);
      return { owner, made };
    });
    tasks = results.made.map(({ id }) => id);
    user = results.owner.id;
  });

  const found = async (where: Where<typeof Task>) =>
    (await client.query(Task, { where, orderBy: ["priority"] }).toArray()).map(
      ({ fields }) => fields.priority,
    );

  const CASES: readonly [string, () => Where<typeof Task>, readonly number[]][] = [
    ["nothing said", () => ({}), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ["a value", () => ({ status: "done" }), [2, 5, 8]],
    ["a value of a kind that is an object", () => ({ due: new Date(4_000) }), [4]],
    ["null", () => ({ owner: null }), [1, 3, 5, 7, 9]],
    ["isNull", () => ({ tags: { isNull: true } }), [3, 4, 5, 6, 7, 8, 9]],
    ["several fields", () => ({ status: "todo", owner: user }), [0, 6]],
    ["a range", () => ({ priority: { gt: 2, lte: 5 } }), [3, 4, 5]],
    ["gte and lt of a moment", () => ({ due: { gte: new Date(2_000), lt: 6_000 } }), [2, 4]],
    ["neq", () => ({ status: { neq: "todo" } }), [1, 2, 4, 5, 7, 8]],
    ["in", () => ({ priority: { in: [1, 9, 77] } }), [1, 9]],
    ["like", () => ({ title: { like: "%k 7" } }), [7]],
    ["contains, in text", () => ({ title: { contains: "k 3" } }), [3]],
    ["contains, in a list", () => ({ tags: { contains: "t1" } }), [1]],
    ["a list as a whole", () => ({ tags: ["early", "t2"] }), [2]],
    ["$or", () => ({ $or: [{ priority: 1 }, { priority: { gte: 9 } }] }), [1, 9]],
    [
      "$and and $or together",
      () => ({ status: "todo", $and: [{ $or: [{ priority: 3 }, { priority: 4 }] }] }),
      [3],
    ],
    ["$id", () => ({ $id: { in: tasks.slice(0, 2) } }), [0, 1]],
    ["$version and $createdAt", () => ({ $version: 1, $createdAt: { lt: new Date(0) } }), []],
  ];
  for (const [name, where, expected] of CASES) {
    test(`filters by ${name}`, async () => {
      assert.deepEqual(await found(where()), expected);
      assert.equal(await client.count(Task, { where: where() }), expected.length);
    });
  }

  test("orders by several terms, down and up", async () => {
    const nodes = await client.query(Task, { orderBy: ["-status", "-priority"] }).toArray(4);
    assert.deepEqual(
      nodes.map(({ fields }) => [fields.status, fields.priority]),
      [
        ["done", 8],
        ["done", 5],
        ["done", 2],
        ["doing", 7],
      ],
    );
    const newest = await client.query(Task, { orderBy: ["-$id"] }).first();
    assert.equal(newest?.id, [...tasks].sort().at(-1));
  });

  test("pages: by item, by page, by cursor", async () => {
    const listing = client.query(Task, {
      orderBy: ["priority"],
      pageSize: 4,
      withTotalCount: true,
    });
    const sizes: number[] = [];
    for await (const page of listing.pages()) {
      sizes.push(page.items.length);
      assert.equal(page.totalCount, 10);
      assert.equal(page.hasMore, page.nextCursor !== undefined);
    }
    assert.deepEqual(sizes, [4, 4, 2]);
    const first = await listing.page();
    const second = await listing.page(first.nextCursor);
    assert.deepEqual(
      second.items.map(({ fields }) => fields.priority),
      [4, 5, 6, 7],
    );
    const seen: (number | undefined)[] = [];
    for await (const { fields } of listing) {
      seen.push(fields.priority);
      if (seen.length === 6) break;
    }
    assert.deepEqual(seen, [0, 1, 2, 3, 4, 5]);
    assert.equal((await listing.first())?.fields.priority, 0);
    assert.deepEqual(await client.query(Task, { where: { priority: 77 } }).toArray(), []);
    await refusal(listing.page("no cursor"), InvalidArgumentError, "INVALID_CURSOR");
  });

  test("lists edges with the nodes at their ends, both ways", async () => {
    const [first] = tasks;
    assert.ok(first !== undefined);
    const out = await client.edgesOut(first, { type: AssignedTo, withNodes: true }).toArray();
    assert.deepEqual(
      out.map(({ type, from, to, node }) => [type, from, to, node.fields.email]),
      [["AssignedTo", first, user, "owner@x"]],
    );
    const into = client.edgesIn(user, { type: AssignedTo, withNodes: true, pageSize: 3 });
    const titles: string[] = [];
    for await (const { node } of into) titles.push(node.fields.title);
    assert.equal(titles.length, 10);
    const anyType = await client.edgesIn(user).toArray();
    assert.deepEqual([...new Set(anyType.map(({ type }) => type))], ["AssignedTo"]);
  });

  test("walks along edges", async () => {
    const { results } = await client.atomic((plan) => {
      const people = ["a", "b", "c"].map((name) => plan.create(User, { email: `walk-${name}` }));
      const [a, b, c] = people;
      assert.ok(a !== undefined && b !== undefined && c !== undefined);
      plan.link(Follows, a, b);
      plan.link(Follows, b, c);
      return { a, c };
    });
    const reached = await client.connected(results.a.id, Follows, { depth: 3 }).toArray();
    assert.deepEqual(
      reached.map(({ node, distance }) => [node.fields.email, distance]),
      [
        ["walk-b", 1],
        ["walk-c", 2],
      ],
    );
    const back = client.connected(results.c.id, Follows, { direction: "in" });
    assert.equal((await back.first())?.node.fields.email, "walk-b");
  });

  test("refuses what the type does not have, before anything is sent", async () => {
    const where = { stauts: "todo" } as Where<typeof Task>;
    const error = await refusal(
      () => client.query(Task, { where }),
      UnknownFieldError,
      "FIELD_UNKNOWN",
    );
    assert.deepEqual([error.fieldName, error.suggestions], ["stauts", ["status"]]);
    assert.match(error.hint ?? "", /status/);
    const operator = { priority: { gtt: 1 } } as Where<typeof Task>;
    const wrong = await refusal(
      () => client.query(Task, { where: operator }),
      InvalidArgumentError,
      "INVALID_FILTER",
    );
    assert.match(wrong.hint ?? "", /gt/);
    const attribute = { $creatdAt: 1 } as Where<typeof Task>;
    const near = await refusal(
      () => client.query(Task, { where: attribute }),
      InvalidArgumentError,
      "INVALID_FILTER",
    );
    assert.match(near.hint ?? "", /\$createdAt/);
    await refusal(
      () => client.query(Task, { pageSize: 0.5 }),
      InvalidArgumentError,
      "INVALID_REQUEST",
    );
  });
});
