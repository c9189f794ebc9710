/** A call ends when its time is up, whoever says so first, and whoever does not listen. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { createClient, DeadlineExceededError, fetchTransport } from "@entdb/client";
import { deadlineTold } from "../src/transport/deadline.ts";
import { SCHEMA, User } from "./fixtures/schema.ts";

const ENDPOINT = "http://127.0.0.1:1";
const TIMEOUT_MS = 50;

/** What a runtime does that has forgotten the signal. */
function deafFetch(answer: Promise<Response>): typeof globalThis.fetch {
  return (() => answer) as unknown as typeof globalThis.fetch;
}

describe("a fetch that does not hear its signal", () => {
  const clientWith = (answer: Promise<Response>) =>
    createClient({
      endpoint: ENDPOINT,
      schema: SCHEMA,
      transport: fetchTransport({ fetch: deafFetch(answer) }),
      tenantId: "acme",
      actor: "user:alice",
      timeoutMs: TIMEOUT_MS,
    });

  test("keeps no call waiting, and its late answer is thrown away", async () => {
    const answer = Promise.withResolvers<Response>();
    const client = clientWith(answer.promise);
    await assert.rejects(client.count(User), DeadlineExceededError);
    const thrownAway = Promise.withResolvers<void>();
    const body = new ReadableStream({ cancel: () => thrownAway.resolve() });
    answer.resolve(new Response(body));
    await thrownAway.promise;
  });
});

describe("a stream that is reset", () => {
  const reset = new ConnectError(
    "http/2 stream closed with error code CANCEL (0x8)",
    Code.Canceled,
  );
  const transportOf = (afterMs: number): Transport => ({
    unary: async () => {
      await sleep(afterMs);
      throw reset;
    },
    stream: async () => {
      throw reset;
    },
  });
  const failure = async (afterMs: number, timeoutMs: number | undefined, signal?: AbortSignal) => {
    const { unary } = deadlineTold(transportOf(afterMs));
    const call = unary(undefined as never, signal, timeoutMs, undefined, {} as never);
    return await call.then(
      () => undefined,
      (error: unknown) => ConnectError.from(error).code,
    );
  };

  test("after its time has run out of it", async () => {
    assert.equal(await failure(20, 10), Code.DeadlineExceeded);
  });

  test("before, without a deadline, or by its own caller, was canceled", async () => {
    assert.equal(await failure(0, 60_000), Code.Canceled);
    assert.equal(await failure(0, undefined), Code.Canceled);
    assert.equal(await failure(20, 10, AbortSignal.abort()), Code.Canceled);
  });
});
