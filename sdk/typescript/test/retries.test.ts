/** What is tried again and what is not, through a proxy that loses answers, resets and falls silent. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  AlreadyExistsError,
  CanceledError,
  type ClientOptions,
  ConnectionLostError,
  DeadlineExceededError,
} from "@entdb/client";
import { DOORS, type Door } from "./fixtures/doors.ts";
import { FlakyProxy } from "./fixtures/proxy.ts";
import { refusal } from "./fixtures/refusal.ts";
import { User } from "./fixtures/schema.ts";
import { useServer } from "./fixtures/suite.ts";

const FAST = { baseDelayMs: 1, maxDelayMs: 5 } as const;

for (const door of DOORS) {
  describe(`retries over ${door}`, () => {
    const suite = useServer();
    let proxy: FlakyProxy;

    before(async () => {
      const { grpcUrl, httpUrl } = suite.server;
      proxy = await FlakyProxy.start(door === "fetch" ? httpUrl : grpcUrl);
    });
    after(() => proxy.stop());

    const client = (options: Partial<ClientOptions> = {}) =>
      suite.client(door, { endpoint: proxy.url, retry: FAST, ...options });

    test("a write whose answers are lost is done once", async () => {
      const flaky = client();
      await flaky.schema.register();
      const before = proxy.troubles;
      proxy.next("dropAnswer", "dropAnswer", "reset");
      const { results } = await flaky.atomic((plan) => plan.create(User, { email: "once@x" }));
      assert.equal(results.created, true);
      assert.equal(proxy.troubles - before, 3);
      assert.equal(await flaky.count(User), 1);
    });

    test("a read is tried again", async () => {
      const flaky = client();
      await flaky.schema.register();
      proxy.next("dropAnswer", "reset");
      assert.equal(await flaky.count(User), 0);
    });

    test("tries end", async () => {
      const flaky = client({ retry: { ...FAST, maxAttempts: 3 } });
      const before = proxy.troubles;
      proxy.always("reset");
      await refusal(flaky.health(), ConnectionLostError, "CONNECTION_LOST");
      assert.equal(proxy.troubles - before, 3);
      proxy.always("none");
    });

    test("the budget ends, over all calls", async () => {
      const flaky = client({ retry: { ...FAST, maxAttempts: 10, budget: 4 } });
      const before = proxy.troubles;
      proxy.always("reset");
      const failed = (n: number) =>
        refusal(flaky.health(), ConnectionLostError, "CONNECTION_LOST").then(() => n);
      for (let call = 0; call < 3; call++) await failed(call);
      assert.equal(
        proxy.troubles - before,
        3 + 4,
        "three calls, and the four retries of the budget",
      );
      proxy.always("none");
      assert.equal((await flaky.health()).status, "healthy");
    });

    test("what must not be done twice is not tried again", async () => {
      const flaky = client();
      proxy.next("dropAnswer");
      const name = `unsafe-${door}`;
      await refusal(flaky.tenants.create(name), ConnectionLostError, "CONNECTION_LOST");
      // It had been done: a second try would have been a refusal.
      await refusal(flaky.tenants.create(name), AlreadyExistsError, "TENANT_ALREADY_EXISTS");
    });

    test("a server that falls silent: the next try, then the deadline", async () => {
      const flaky = client({ attemptTimeoutMs: 150 });
      proxy.always("silence");
      await refusal(flaky.health({ timeoutMs: 400 }), DeadlineExceededError, "DEADLINE_EXCEEDED");
      proxy.cut();
      proxy.next("silence");
      assert.equal((await flaky.health()).status, "healthy", "answered at the second try");
      proxy.always("none");
    });

    test("a signal gives a call up, also between tries", async () => {
      const flaky = client({ retry: { baseDelayMs: 60_000, maxDelayMs: 60_000 } });
      const aborted = new AbortController();
      aborted.abort();
      const early = flaky.health({ signal: aborted.signal });
      assert.match(
        (await refusal(early, CanceledError, "CANCELED")).hint ?? "",
        /Nothing was sent/,
      );
      const gone = client({});
      gone.close();
      const late = await refusal(gone.health(), CanceledError, "CANCELED");
      assert.equal(late.message, "The client is closed.");
      proxy.always("silence");
      const silent = new AbortController();
      const waiting = flaky.health({ signal: silent.signal });
      setTimeout(() => silent.abort(), 20);
      await refusal(waiting, CanceledError, "CANCELED");
      proxy.cut();
      proxy.always("reset");
      const paused = new AbortController();
      const pausing = flaky.health({ signal: paused.signal, timeoutMs: 2 ** 30 });
      setTimeout(() => paused.abort(), 100);
      await refusal(pausing, CanceledError, "CANCELED");
      proxy.always("none");
    });
  });
}

/** A restart in the middle of work. */
for (const door of DOORS satisfies readonly Door[]) {
  describe(`a restart under a client over ${door}`, () => {
    const suite = useServer();
    test("is not noticed by writes and reads under way, and nothing is done twice", async () => {
      const retry = { baseDelayMs: 50, maxDelayMs: 500, maxAttempts: 20 };
      const client = suite.client(door, { retry });
      await client.schema.register();
      const write = async (n: number) => {
        const { results } = await client.atomic((plan) =>
          plan.create(User, { email: `user-${n}@x`, points: n }),
        );
        assert.equal((await client.get(User, results.id))?.fields.points, BigInt(n));
      };
      const first = Array.from({ length: 20 }, (_, n) => write(n));
      await Promise.race(first);
      await suite.server.kill();
      const later = Array.from({ length: 20 }, (_, n) => write(100 + n));
      await suite.server.restart();
      await Promise.all([...first, ...later]);
      assert.equal(await client.count(User), 40);
    });
  });
}
