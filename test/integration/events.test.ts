/**
 * The event store in EntDB's own words: appends as operations of transactions, alone, several
 * and together with the graph; conditions, filters, checkpoints, access. What every face shares
 * is held by the contract (`test/contract/event-store.ts`).
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { limits } from "../../src/base/limits.ts";
import {
  aggregateGrants,
  appending,
  checkpoint,
  EventClient,
  event,
} from "../harness/event-operations.ts";
import { EMAIL, GRAPH_SCHEMA, USER } from "../harness/graph-schema.ts";
import { createNode, str } from "../harness/operations.ts";
import { TestPartition } from "../harness/partition.ts";
import { refused } from "../harness/refusal.ts";
import { viewRows } from "../harness/view-rows.ts";

let partition: TestPartition;

beforeEach(async () => {
  partition = await TestPartition.open();
});
afterEach(() => partition[Symbol.asyncDispose]());

const acme = (actor?: string, roles: readonly string[] = []) =>
  partition.tenant("acme", actor, roles);
const events = (actor?: string, roles: readonly string[] = []) =>
  new EventClient(acme(actor, roles));
const exact = (nonce: number) => ({ kind: "exact", nonce }) as const;

describe("what an append expects", () => {
  test("exact, none, exists, any; with all of them the store numbers what is not numbered", async () => {
    const conflict = async (
      change: Parameters<EventClient["append"]>[1],
      actual: string,
      sentence: string,
    ) => {
      const { reason, code, details, message } = await refused(events().append("A-1", change));
      const found = [reason, code, details["actual_last_aggregate_nonce"], message];
      expect(found).toEqual(["CONCURRENCY_CONFLICT", "aborted", actual, sentence]);
    };
    const nothing = 'There is no aggregate "A-1", and one';
    await conflict({ expected: { kind: "exists" } }, "0", `${nothing} was expected.`);
    await conflict({ expected: exact(3) }, "0", `${nothing} with 3 events was expected.`);
    expect(await events().append("A-1", { expected: { kind: "none" } })).toEqual({
      aggregateId: "A-1",
      count: 1,
      lastAggregateNonce: 1,
      lastGlobalNonce: 1,
    });
    const one = 'The last event of aggregate "A-1" is 1, and';
    await conflict({ expected: { kind: "none" } }, "1", `${one} none was expected.`);
    await conflict({ expected: exact(0) }, "1", `${one} none was expected.`);
    await conflict({ expected: exact(2) }, "1", `${one} 2 was expected.`);
    await events().append("A-1", { expected: { kind: "exists" }, events: [event(), event()] });
    await events().append("A-1", { expected: exact(3) });
    await events().append("A-1");
    const nonces = (await events().aggregate("A-1")).map(({ aggregateNonce }) => aggregateNonce);
    expect(nonces).toEqual([1, 2, 3, 4, 5]);
  });

  test("nonces that are proposed are held against the head, whatever is expected", async () => {
    await events().append("A-1");
    await events().append("A-1", { firstNonce: 2 });
    for (const firstNonce of [2, 4]) {
      const { reason } = await refused(events().append("A-1", { firstNonce }));
      expect(reason).toBe("NONCE_NOT_CONSECUTIVE");
    }
  });

  test("another type is refused, and an event id that is taken", async () => {
    await events().append("A-1", { events: [event({ eventId: "mine" })] });
    const other = await refused(events().append("A-1", { aggregateType: "Order" }));
    expect([other.reason, other.details["aggregate_type"]]).toEqual([
      "AGGREGATE_TYPE_MISMATCH",
      "Account",
    ]);
    const taken = { events: [event({ eventId: "mine" })] };
    const again = await refused(events().append("A-2", taken));
    expect([again.reason, again.details["event_id"]]).toEqual(["EVENT_ALREADY_EXISTS", "mine"]);
    expect(await events().ids()).toEqual(["A-1"]);
  });

  test("an event without an id gets one", async () => {
    const operation = appending("A-1", { events: [event({ eventId: "" })] });
    await acme().execute([operation], { key: "k" });
    await acme().execute([operation], { key: "k" });
    const [found, ...others] = await events().aggregate("A-1");
    expect(others).toEqual([]);
    expect(found?.eventId).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/,
    );
  });
});

describe("a transaction", () => {
  test("appends to several aggregates, all or nothing", async () => {
    const both = await acme().execute([appending("A-1"), appending("A-2"), appending("A-1")]);
    expect(both.results.map(({ append }) => append?.lastAggregateNonce)).toEqual([1, 1, 2]);
    expect(both.results.map(({ append }) => append?.lastGlobalNonce)).toEqual([1, 2, 3]);
    const half = [appending("A-3"), appending("A-1", { expected: exact(1) })];
    expect((await refused(acme().execute(half))).reason).toBe("CONCURRENCY_CONFLICT");
    expect(await events().ids()).toEqual(["A-1", "A-2"]);
    // What was taken back left no number and no id behind.
    expect((await events().append("A-3")).lastGlobalNonce).toBe(4);
  });

  test("changes the graph with it, or neither", async () => {
    await acme().register(GRAPH_SCHEMA);
    const user = createNode(USER, { [EMAIL]: str("a@b") });
    await acme().execute([user, appending("A-1"), checkpoint("projection", 1, 0)]);
    expect(await acme().count({ typeId: USER })).toBe(1);
    const again = [appending("A-2"), createNode(USER, { [EMAIL]: str("a@b") })];
    expect((await refused(acme().execute(again))).reason).toBe("UNIQUE_CONFLICT");
    expect(await events().ids()).toEqual(["A-1"]);
  });

  test("is known by its own key: once done, also when it was refused", async () => {
    const operation = appending("A-1", { expected: { kind: "none" } });
    const first = await acme().execute([operation], { key: "k" });
    expect((await acme().execute([operation], { key: "k" })).results).toEqual(first.results);
    const stale = appending("A-1", { expected: exact(5) });
    const lost = await refused(acme().execute([stale], { key: "l" }));
    for (let nonce = 1; nonce < 5; nonce++) await events().append("A-1");
    const still = await refused(acme().execute([stale], { key: "l" }));
    expect(still.details).toEqual(lost.details);
    const other = await refused(acme().execute([appending("A-2")], { key: "k" }));
    expect(other.reason).toBe("IDEMPOTENCY_KEY_REUSED");
    const receipt = await acme().receipt("k");
    expect(receipt).toMatchObject({
      state: "applied",
      results: first.results.map(({ append }) => ({ append })),
    });
  });
});

describe("a condition", () => {
  const when = (change: { types?: string[]; tags?: string[]; after?: number }) => ({
    condition: {
      items: [{ eventTypes: change.types ?? [], tags: change.tags ?? [] }],
      afterGlobalNonce: change.after ?? 0,
    },
  });

  test("refuses where an event behind the position has one of the types and all of the tags", async () => {
    const tagged = (eventType: string, ...tags: string[]) => ({
      events: [event({ eventType, tags })],
    });
    await events().append("A-1", tagged("seat.reserved", "seat:1", "show:1"));
    await events().append("A-2", tagged("seat.freed", "seat:1", "show:1"));
    await events().append("A-3", tagged("seat.reserved", "seat:2", "show:1"));
    const holds = [
      when({ types: ["seat.reserved"], after: 3 }),
      when({ types: ["seat.freed"], after: 2 }),
      when({ types: ["seat.moved"] }),
      when({ tags: ["seat:1"], after: 2 }),
      when({ tags: ["seat:1", "seat:2"] }),
      when({ types: ["seat.freed"], tags: ["seat:2"] }),
    ];
    const fails = [
      [when({ types: ["seat.reserved"], after: 2 }), "3"],
      [when({ types: ["seat.moved", "seat.freed"] }), "2"],
      [when({ tags: ["seat:1"], after: 1 }), "2"],
      [when({ tags: ["show:1", "seat:2"] }), "3"],
      [when({ types: ["seat.freed", "seat.moved"], tags: ["seat:1"] }), "2"],
    ] as const;
    for (const [condition, at] of fails) {
      const { reason, code, details } = await refused(events().append("B-1", condition));
      expect([reason, code, details["global_nonce"]]).toEqual([
        "APPEND_CONDITION_FAILED",
        "aborted",
        at,
      ]);
    }
    const untold = event({ eventType: "nothing.about.it" });
    for (const condition of holds) {
      await events().append("B-1", {
        ...condition,
        events: [{ ...untold, eventId: crypto.randomUUID() }],
      });
    }
  });

  test("finds types however far back, and sees earlier operations but not its own", async () => {
    await events().append("A-1", { events: [event({ eventType: "rare" })] });
    for (let i = 0; i < 3; i++) {
      const many = Array.from({ length: 300 }, () => event({ eventType: `common ${i}` }));
      await events().append("A-1", { events: many });
    }
    const rare = when({ types: ["rare"] });
    expect((await refused(events().append("A-1", rare))).details["global_nonce"]).toBe("1");
    const last = when({ types: ["common 2"], after: 650 });
    expect((await refused(events().append("A-1", last))).details["global_nonce"]).toBe("651");
    await events().append("A-1", when({ types: ["common 1"], after: 601 }));
    const own = { ...when({ types: ["once"] }), events: [event({ eventType: "once" })] };
    const twice = [
      appending("A-1", own),
      appending("A-2", { ...own, events: [event({ eventType: "once" })] }),
    ];
    expect((await refused(acme().execute(twice))).reason).toBe("APPEND_CONDITION_FAILED");
    await acme().execute(twice.slice(0, 1));
  });
});

describe("reading the tenant", () => {
  beforeEach(async () => {
    const of = (aggregateType: string, eventType: string, ...tags: string[]) => ({
      aggregateType,
      events: [event({ eventType, tags })],
    });
    await events().append("a_1", of("Account", "opened", "eu", "vip"));
    await events().append("a%1", of("Account", "opened", "us"));
    await events().append("o-1", of("Order", "placed", "eu"));
    await events().append("a_1", of("Account", "closed", "eu"));
    await events().append("o-1", of("Order", "shipped"));
  });

  const filters = [
    [{}, [1, 2, 3, 4, 5]],
    [{ eventTypes: ["opened"] }, [1, 2]],
    [{ eventTypes: ["closed", "placed"] }, [3, 4]],
    [{ aggregateTypes: ["Order"] }, [3, 5]],
    [{ aggregateIdPrefix: "a_" }, [1, 4]],
    [{ aggregateIdPrefix: "a" }, [1, 2, 4]],
    [{ aggregateIdPrefix: "%" }, []],
    [{ tags: ["eu"] }, [1, 3, 4]],
    [{ tags: ["eu", "vip"] }, [1]],
    [{ tags: ["eu"], eventTypes: ["closed"], aggregateTypes: ["Account"] }, [4]],
    [{ tags: ["none"] }, []],
  ] as const;

  test.each(filters.map(([filter, wanted]) => [filter, wanted] as const))(
    "by %j, forward, backward, page by page, and as a subscription",
    async (filter, wanted) => {
      const reversed = [...wanted].reverse();
      expect(await events().matching(filter)).toEqual([...wanted]);
      expect(await events().matching(filter, false, 1)).toEqual([...wanted]);
      expect(await events().matching(filter, true)).toEqual(reversed);
      expect(await events().matching(filter, true, 1)).toEqual(reversed);
      if (wanted.length === 0) return;
      const followed = await events().follow(wanted.length, { filter });
      expect(followed.map(({ globalNonce }) => globalNonce)).toEqual([...wanted]);
    },
  );

  test("ends early where a read has looked at enough, and goes on from there", async () => {
    for (let i = 0; i < 2 * (limits.eventScanRows / 10_000); i++) {
      const many = Array.from({ length: 10_000 }, () => event({ payload: new Uint8Array(0) }));
      await events().append("bulk", { aggregateType: "Bulk", events: many });
    }
    await events().append("z", { aggregateType: "Last" });
    const filter = { eventTypes: [], aggregateTypes: ["Last"], aggregateIdPrefix: "", tags: [] };
    const first = await events().page({ filter });
    expect([first.events, first.isEnd]).toEqual([[], false]);
    const last = 6 + 2 * limits.eventScanRows;
    expect(await events().matching(filter)).toEqual([last]);
    expect(await events().matching({ eventTypes: ["closed"] })).toEqual([4]);
    expect(
      (await events().page({ filter: { ...filter, aggregateTypes: [], eventTypes: ["closed"] } }))
        .isEnd,
    ).toBe(true);
    const followed = await events().follow(1, { filter });
    expect(followed.map(({ globalNonce }) => globalNonce)).toEqual([last]);
  }, 60_000);

  test("lists aggregates by id, type and prefix, and tells their heads", async () => {
    expect(await events().ids()).toEqual(["a%1", "a_1", "o-1"]);
    expect(await events().ids("", "", 1)).toEqual(["a%1", "a_1", "o-1"]);
    expect(await events().ids("Account", "", 1)).toEqual(["a%1", "a_1"]);
    expect(await events().ids("", "a_")).toEqual(["a_1"]);
    expect(await events().ids("Order", "a")).toEqual([]);
    const { aggregate } = await events().head("a_1");
    expect(aggregate).toMatchObject({
      aggregateType: "Account",
      lastAggregateNonce: 2,
      lastGlobalNonce: 4,
    });
    expect((await refused(events().head("missing"))).reason).toBe("AGGREGATE_NOT_FOUND");
  });
});

describe("a consumer's checkpoint", () => {
  test("moves as expected, or not at all; a subscription goes on behind it", async () => {
    for (let i = 0; i < 4; i++) await events().append("A-1");
    expect(await events().checkpoint("projection")).toMatchObject({ globalNonce: 0, updatedAt: 0 });
    await acme().one(checkpoint("projection", 2, 0));
    const twice = await refused(acme().one(checkpoint("projection", 2, 0)));
    expect([twice.reason, twice.code, twice.details["actual_global_nonce"]]).toEqual([
      "CHECKPOINT_CONFLICT",
      "aborted",
      "2",
    ]);
    const followed = await events().follow(2, { consumer: "projection" });
    expect(followed.map(({ globalNonce }) => globalNonce)).toEqual([3, 4]);
    await acme().one(checkpoint("projection", 1));
    expect((await events().checkpoint("projection")).globalNonce).toBe(1);
    expect((await refused(acme().one(checkpoint("projection", 5)))).reason).toBe("INVALID_REQUEST");
  });

  test("is its first writer's: nobody else reads or moves it but with the right to all data", async () => {
    await events().append("A-1");
    await acme().one(checkpoint("projection", 1));
    expect((await events("user:bob").checkpoint("projection")).globalNonce).toBe(0);
    const moved = await refused(acme("user:bob").one(checkpoint("projection", 0)));
    expect(moved.reason).toBe("PERMISSION_DENIED");
    expect((await events("user:bob", ["admin"]).checkpoint("projection")).globalNonce).toBe(1);
    await acme("user:bob", ["admin"]).one(checkpoint("projection", 0));
    expect((await events().checkpoint("projection")).globalNonce).toBe(0);
  });
});

describe("access to aggregates of a type", () => {
  const admin = ["admin"];

  test("is everybody's by default, and then whose it was made", async () => {
    await events("user:bob").append("A-1");
    await events("user:bob").append("O-1", { aggregateType: "Order" });
    expect(await events("user:eve", admin).grants("Account")).toMatchObject({ isDefault: true });
    await acme("user:eve", admin).one(
      aggregateGrants("Account", [
        { principal: "user:carol", permission: "read" },
        { principal: "user:dave", permission: "write" },
        { principal: "user:frank", permission: "admin" },
      ]),
    );
    const denied = await refused(events("user:bob").append("A-1"));
    expect([denied.reason, denied.details["aggregate_type"]]).toEqual([
      "PERMISSION_DENIED",
      "Account",
    ]);
    expect((await refused(events("user:carol").append("A-2"))).reason).toBe("PERMISSION_DENIED");
    await events("user:dave").append("A-1");
    for (const reader of ["user:carol", "user:dave", "user:frank"]) {
      expect(await events(reader).aggregate("A-1")).toHaveLength(2);
    }
  });

  test("forbidden looks like missing, in every way of reading", async () => {
    await events().append("A-1", { events: [event({ eventType: "x", tags: ["t"] })] });
    await events().append("O-1", { aggregateType: "Order", events: [event({ tags: ["t"] })] });
    await acme("user:eve", admin).one(aggregateGrants("Account", []));
    const bob = events("user:bob");
    expect(await bob.aggregate("A-1")).toEqual([]);
    expect(await bob.aggregate("A-1", true)).toEqual([]);
    expect(await bob.matching({})).toEqual([2]);
    expect(await bob.matching({ tags: ["t"] }, true)).toEqual([2]);
    expect(await bob.ids()).toEqual(["O-1"]);
    expect(await bob.ids("Account")).toEqual([]);
    expect((await refused(bob.head("A-1"))).reason).toBe("AGGREGATE_NOT_FOUND");
    expect((await bob.follow(1)).map(({ globalNonce }) => globalNonce)).toEqual([2]);
    expect((await refused(bob.append("A-1", { aggregateType: "Order" }))).reason).toBe(
      "PERMISSION_DENIED",
    );
    expect(await events("user:eve", admin).matching({})).toEqual([1, 2]);
  });

  test("is changed by whoever administers the type or all data, and is accounted for", async () => {
    await events().append("A-1");
    const open = aggregateGrants("Account", [{ principal: "tenant:*", permission: "read" }]);
    expect((await refused(acme("user:bob").one(open))).reason).toBe("PERMISSION_DENIED");
    expect((await refused(events("user:bob").grants("Account"))).reason).toBe("PERMISSION_DENIED");
    const frank = { principal: "user:frank", permission: "admin" } as const;
    await acme("user:eve", admin).one(aggregateGrants("Account", [frank]));
    expect(await events("user:frank").grants("Account")).toMatchObject({
      isDefault: false,
      grants: [{ ...frank, expiresAt: 0 }],
    });
    await acme("user:frank").one(open);
    expect(await events("user:bob").aggregate("A-1")).toHaveLength(1);
    expect((await refused(events("user:bob").append("A-1"))).reason).toBe("PERMISSION_DENIED");
    await acme("user:eve", admin).one(aggregateGrants("Account"));
    await events("user:bob").append("A-1");
    const audit = "SELECT actor, outcome FROM audit WHERE action = 'set_aggregate_grants'";
    expect(viewRows(partition, "acme", audit)).toEqual([
      ["user:bob", "PERMISSION_DENIED"],
      ["user:eve", "applied"],
      ["user:frank", "applied"],
      ["user:eve", "applied"],
    ]);
  });
});
