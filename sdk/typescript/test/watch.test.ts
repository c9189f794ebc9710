/** Watching: from where on, what comes, and that nothing is lost or doubled when connections break. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  CanceledError,
  type Change,
  type Client,
  ConnectionRefusedError,
  InvalidArgumentError,
  PositionError,
  type Watch,
} from "@entdb/client";
import { DOORS } from "./fixtures/doors.ts";
import { FlakyProxy } from "./fixtures/proxy.ts";
import { refusal } from "./fixtures/refusal.ts";
import { Follows, Task, User } from "./fixtures/schema.ts";
import { useServer } from "./fixtures/suite.ts";

/** Iterates in the background, and gives changes as they are asked for. */
class Watcher {
  readonly changes: Change[] = [];
  readonly ended: Promise<unknown>;
  #wake = Promise.withResolvers<void>();

  constructor(watch: Watch) {
    this.ended = this.#run(watch).catch((error: unknown) => error);
  }

  /** Resolves when so many changes have come. */
  async until(count: number): Promise<readonly Change[]> {
    while (this.changes.length < count) await this.#wake.promise;
    return this.changes;
  }

  async #run(watch: Watch): Promise<void> {
    for await (const batch of watch) {
      this.changes.push(...batch.changes);
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
    }
  }
}

const create = (client: Client, email: string) =>
  client.atomic((plan) => plan.create(User, { email }));

for (const door of DOORS) {
  describe(`watching over ${door}`, () => {
    const suite = useServer();

    test("from now on: what is changed, in order, with nodes as they stand", async () => {
      const client = suite.client(door);
      await create(client, "before@x");
      const abort = new AbortController();
      const watch = client.watch({ withNodes: true, signal: abort.signal });
      const watcher = new Watcher(watch);
      await watch.started;
      const { results, position } = await client.atomic((plan) => {
        const [a, b] = [plan.create(User, { email: "a@x" }), plan.create(User, { email: "b@x" })];
        return { a, b, edge: plan.link(Follows, a, b) };
      });
      await client.atomic((plan) => plan.update(User, results.a.id, { name: "A" }));
      await client.atomic((plan) => plan.purge(results.b.id));
      const changes = await watcher.until(5);
      assert.deepEqual(
        changes.slice(0, 4).map(({ kind }) => kind),
        ["nodeCreated", "nodeCreated", "edgeCreated", "nodeUpdated"],
      );
      const [first, , edge, updated] = changes;
      assert.ok(first?.kind === "nodeCreated");
      assert.equal(first.nodeId, results.a.id);
      assert.equal(first.actor, "user:alice");
      assert.equal(first.node?.type, "User");
      assert.equal(first.node.fields["email"], "a@x");
      assert.ok(edge?.kind === "edgeCreated" && edge.edgeId === results.edge.id);
      assert.ok(updated?.kind === "nodeUpdated" && updated.version === 2);
      assert.ok(changes.slice(4).some(({ kind }) => kind === "nodePurged"));
      assert.notEqual(watch.position, "");
      abort.abort();
      assert.ok((await watcher.ended) instanceof CanceledError);
      const replayed = await new Watcher(client.watch({ after: position })).until(2);
      assert.deepEqual(
        replayed.slice(0, 1).map(({ kind }) => kind),
        ["nodeUpdated"],
      );
    });

    test("from the beginning, of some types; leaving the loop ends it", async () => {
      const client = suite.client(door);
      await create(client, "one@x");
      await client.atomic((plan) => plan.create(Task, { title: "not asked for" }));
      await create(client, "two@x");
      const kinds: string[] = [];
      for await (const { changes } of client.watch({ fromBeginning: true, types: [User] })) {
        for (const change of changes) {
          if (change.kind === "schemaChanged") continue;
          assert.ok(change.kind === "nodeCreated");
          kinds.push(`${change.kind} ${change.typeId}`);
        }
        if (kinds.length === 2) break;
      }
      assert.deepEqual(kinds, ["nodeCreated 1", "nodeCreated 1"]);
    });

    test("goes on over cut, silent and restarted connections without gap or duplicate", async () => {
      const { grpcUrl, httpUrl } = suite.server;
      const proxy = await FlakyProxy.start(door === "fetch" ? httpUrl : grpcUrl);
      const retry = { baseDelayMs: 1, maxDelayMs: 20 };
      const writer = suite.client(door, { tenantId: `reconnect-${door}` });
      await writer.schema.register();
      const client = suite.client(door, {
        tenantId: `reconnect-${door}`,
        endpoint: proxy.url,
        retry,
      });
      const breaks: string[] = [];
      const abort = new AbortController();
      const watch = client.watch({
        types: [User],
        heartbeatMs: 1_000,
        signal: abort.signal,
        onReconnect: (error) => breaks.push(error.reason),
      });
      const watcher = new Watcher(watch);
      await watch.started;
      const write = (n: number) =>
        writer.atomic((plan) => plan.create(User, { email: `${n}@x`, points: n }));
      await write(1);
      await watcher.until(1);
      proxy.cut();
      await write(2);
      await watcher.until(2);
      proxy.next("dropAnswer", "reset");
      proxy.cut();
      await write(3);
      await watcher.until(3);
      proxy.next("silence");
      proxy.cut();
      await write(4);
      await watcher.until(4);
      await suite.server.kill();
      await suite.server.restart();
      await write(5);
      const changes = await watcher.until(5);
      const nodes = changes.map((change) => (change.kind === "nodeCreated" ? change.nodeId : ""));
      assert.equal(new Set(nodes).size, 5, "each once");
      assert.deepEqual([...nodes].sort(), nodes, "in the order of the log");
      assert.ok(breaks.length >= 4, breaks.join());
      abort.abort();
      await watcher.ended;
      await proxy.stop();
    });

    test("that never begins gives up like any call; what cannot be watched is refused", async () => {
      const unused = await FlakyProxy.start("http://127.0.0.1:1");
      const { url } = unused;
      await unused.stop();
      const retry = { baseDelayMs: 1, maxDelayMs: 2 };
      const nowhere = suite.client(door, { endpoint: url, retry });
      const watch = nowhere.watch();
      const watcher = new Watcher(watch);
      await refusal(watch.started, ConnectionRefusedError, "CONNECTION_REFUSED");
      assert.ok((await watcher.ended) instanceof ConnectionRefusedError);
      const client = suite.client(door);
      await create(client, "x@x");
      const bad = client.watch({ after: "AQID" });
      await refusal(bad[Symbol.asyncIterator]().next(), PositionError, "INVALID_POSITION");
      const once = client.watch({ fromBeginning: true });
      for await (const _ of once) break;
      await refusal(once[Symbol.asyncIterator]().next(), InvalidArgumentError, "INVALID_REQUEST");
    });
  });
}
