/** Many calls at once on one client. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DOORS } from "./fixtures/doors.ts";
import { User } from "./fixtures/schema.ts";
import { useServer } from "./fixtures/suite.ts";

const CALLS = 1_000;
/** A busy machine answers the last of them late; nothing here is about time. */
const PATIENT = { timeoutMs: 60_000, attemptTimeoutMs: 60_000 } as const;

describe("a thousand calls at once", () => {
  const suite = useServer();
  for (const door of DOORS) {
    test(`over ${door}: all are answered`, async () => {
      const client = suite.client(door, PATIENT);
      const { results } = await client.atomic((plan) => plan.create(User, { email: "a@x" }));
      const read = await Promise.all(
        Array.from({ length: CALLS }, () => client.get(User, results.id)),
      );
      assert.ok(read.every((node) => node?.id === results.id));
    });
  }

  test("watches that stay open keep no call out", async () => {
    const client = suite.client("grpc", PATIENT);
    await client.atomic((plan) => plan.create(User, { email: "a@x" }));
    const watches = Array.from({ length: 300 }, () => client.watch());
    const iterators = watches.map((watch) => watch[Symbol.asyncIterator]());
    const waiting = Promise.allSettled(iterators.map((iterator) => iterator.next()));
    await Promise.all(watches.map(({ started }) => started));
    assert.equal(await client.count(User), 1);
    client.close();
    await waiting;
  });
});
