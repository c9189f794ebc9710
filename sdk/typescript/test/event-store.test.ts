/**
 * The event stores of this package, besides what the cases of `sdk/conformance` say of every one:
 * what TypeScript alone can get wrong, and what is the server's alone.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type Append,
  CanceledError,
  defineNode,
  type EventStore,
  field,
  InvalidArgumentError,
  MemoryEventStore,
  projectIntoGraph,
} from "@entdb/client";
import { correlated, currentCorrelation } from "@entdb/client/node";
import { DOORS } from "./fixtures/doors.ts";
import { FlakyProxy } from "./fixtures/proxy.ts";
import { useServer } from "./fixtures/suite.ts";

/** Appends of so many events. */
function opened(aggregateId: string, count = 1, more: Partial<Append> = {}): Append {
  const events = Array.from({ length: count }, (_, i) => ({
    type: "account.opened",
    data: { number: i },
  }));
  return { aggregateId, aggregateType: "Account", expected: "none", events, ...more };
}

/** What both stores do. `make` makes one of a tenant that nobody else has. */
function everyStore(make: () => EventStore): void {
  test("a subscription ends when its signal aborts", async () => {
    const store = make();
    await store.append(opened("a"));
    const abort = new AbortController();
    const following = async () => {
      for await (const _ of store.subscribe({ signal: abort.signal })) abort.abort();
    };
    await assert.rejects(following(), CanceledError);
  });

  for (const wrong of [-1, 1.5, Number.NaN, 2 ** 53]) {
    test(`${wrong} is no nonce`, async () => {
      const store = make();
      await store.append(opened("a"));
      const attempts = [
        () => store.append(opened("a", 1, { expected: wrong })),
        () =>
          store.append(
            opened("b", 1, { condition: { failIfAny: [{ tags: ["t"] }], after: wrong } }),
          ),
        () => Array.fromAsync(store.readAggregate("a", { from: wrong })),
        () => Array.fromAsync(store.readEvents({ from: wrong })),
        () => Array.fromAsync(store.subscribe({ from: wrong })),
        () => store.storeCheckpoint("p", wrong),
        () => store.storeCheckpoint("p", 1, { expected: wrong }),
      ];
      for (const attempt of attempts) await assert.rejects(attempt(), InvalidArgumentError);
      assert.equal((await Array.fromAsync(store.readEvents())).length, 1);
    });
  }

  test("an event has data or a payload, and data that is JSON", async () => {
    const store = make();
    const circle: { self?: object } = {};
    circle.self = circle;
    for (const event of [
      { type: "t", data: 1, payload: Uint8Array.of(1) },
      { type: "t", data: circle },
      { type: "t", data: () => 1 },
      { type: "t", data: 1n },
    ]) {
      const append = opened("a", 1, { events: [event] });
      await assert.rejects(store.append([opened("b"), append]), InvalidArgumentError);
    }
    assert.deepEqual(await Array.fromAsync(store.readEvents()), []);
  });
}

describe("in memory", () => {
  everyStore(() => new MemoryEventStore());
});

for (const door of DOORS) {
  describe(`over ${door}`, () => {
    const suite = useServer();
    everyStore(() => suite.client(door).events);

    test("a subscription misses and doubles nothing when its connection breaks", async () => {
      const tenantId = `broken-${door}`;
      const { grpcUrl, httpUrl } = suite.server;
      const proxy = await FlakyProxy.start(door === "fetch" ? httpUrl : grpcUrl);
      const through = suite.client(door, { endpoint: proxy.url, tenantId });
      const direct = suite.client(door, { tenantId });
      await direct.events.append(opened("a", 5));
      const seen: number[] = [];
      let breaks = 0;
      const subscription = through.events.subscribe({
        onReconnect: () => {
          breaks += 1;
        },
      });
      for await (const { globalNonce } of subscription) {
        seen.push(globalNonce);
        if (globalNonce % 5 === 0 && globalNonce < 20) {
          proxy.cut();
          await direct.events.append(opened(`b${globalNonce}`, 5));
        }
        if (globalNonce === 20) break;
      }
      assert.deepEqual(
        seen,
        Array.from({ length: 20 }, (_, i) => i + 1),
      );
      assert.ok(breaks >= 1);
      await proxy.stop();
    });

    test("events carry the correlation that their appends run in", async () => {
      const store = suite.client(door).events.withDefaults(currentCorrelation);
      await correlated({ correlationId: "c1", actorId: "user:x" }, async () => {
        await correlated({ causationId: "d1" }, () => store.append(opened("a")));
      });
      await store.append(opened("b"));
      const [a, b] = await Array.fromAsync(store.readEvents());
      assert.deepEqual([a?.correlationId, a?.causationId, a?.actorId], ["c1", "d1", "user:x"]);
      assert.equal(b?.correlationId, "");
    });

    test("a projection writes nodes and checkpoint together, once for each event", async () => {
      const Balance = defineNode({
        typeId: 900,
        name: "Balance",
        fields: { account: field.str(1, { required: true, unique: true }), events: field.int(2) },
      });
      const client = suite.client(door, { schema: [Balance] });
      await client.events.append([opened("a", 1), opened("b", 1)]);
      const run = () =>
        projectIntoGraph(client, { consumer: "balances", live: false }, (event) => (plan) => {
          plan.create(Balance, { account: event.aggregateId, events: event.aggregateNonce });
        });
      assert.equal(await run(), 2);
      await client.events.append(opened("c", 1));
      assert.equal(await run(), 3);
      assert.equal(await run(), 3);
      assert.equal(await client.count(Balance), 3);
      assert.equal(await client.events.checkpoint("balances"), 3);
    });

    test("a projection that was refused goes on once what was wrong is mended", async () => {
      const Name = defineNode({
        typeId: 901,
        name: "Name",
        fields: { name: field.str(1, { required: true, unique: true }) },
      });
      const client = suite.client(door, { schema: [Name] });
      await client.events.append(opened("a", 1));
      const taken = await client.atomic((plan) => plan.create(Name, { name: "a" }));
      const run = (name: string) =>
        projectIntoGraph(client, { consumer: "names", live: false }, () => (plan) => {
          plan.create(Name, { name });
        });
      await assert.rejects(run("a"), { reason: "UNIQUE_CONFLICT" });
      await client.atomic((plan) => plan.delete(taken.results.id));
      assert.equal(await run("a"), 1);
      await client.events.append(opened("b", 1));
      await assert.rejects(run("a"), { reason: "UNIQUE_CONFLICT" });
      assert.equal(await run("b"), 2);
      assert.equal(await client.count(Name), 2);
    });

    test("a plan appends events and changes nodes, or neither", async () => {
      const client = suite.client(door);
      const { results } = await client.atomic((plan) => ({
        appended: plan.appendEvents(opened("a", 2)),
        again: plan.appendEvents(opened("a", 1, { expected: 2 })),
      }));
      assert.equal(results.appended.lastAggregateNonce, 2);
      assert.equal(results.again.firstAggregateNonce, 3);
      assert.equal((await client.events.head("a"))?.lastAggregateNonce, 3);
    });
  });
}
