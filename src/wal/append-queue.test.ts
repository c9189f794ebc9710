import { describe, expect, test } from "bun:test";
import { limits } from "../base/limits.ts";
import { AppendQueue } from "./append-queue.ts";
import { RECORD_TYPE } from "./wal.ts";

const OVERHEAD_BYTES = 24;
const bodyOf = (bytes: number) => new Uint8Array(bytes);
const outcome = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);

describe("the queue of appends", () => {
  test("gives as many as fit, oldest first, and keeps the rest", () => {
    const queue = new AppendQueue(OVERHEAD_BYTES);
    for (const bytes of [10, 20, 30]) void queue.add(RECORD_TYPE.record, bodyOf(bytes));
    expect(queue.nextBytes).toBe(OVERHEAD_BYTES + 10);
    expect(queue.take(OVERHEAD_BYTES * 2 + 29)).toHaveLength(1);
    expect(queue.take(OVERHEAD_BYTES * 2 + 50).map(({ body }) => body.length)).toEqual([20, 30]);
    expect(queue.isEmpty).toBe(true);
    expect(queue.nextBytes).toBe(0);
    expect(queue.take(1_000)).toEqual([]);
  });

  test("gives no more than asked for, whatever fits", () => {
    const queue = new AppendQueue(OVERHEAD_BYTES);
    for (let i = 0; i < 5; i++) void queue.add(RECORD_TYPE.record, bodyOf(1));
    expect([queue.take(1_000, 3).length, queue.take(1_000, 3).length]).toEqual([3, 2]);
  });

  test("takes so many bytes and not one more; what was taken out makes room", async () => {
    const queue = new AppendQueue(OVERHEAD_BYTES);
    const body = bodyOf(limits.appendQueueBytes / 64);
    for (let i = 0; i < 64; i++) void queue.add(RECORD_TYPE.record, body);
    expect(await outcome(queue.add(RECORD_TYPE.record, bodyOf(1)))).toMatchObject({
      reason: "OVERLOADED",
    });
    void queue.add(RECORD_TYPE.record, bodyOf(0));
    queue.take(body.length + OVERHEAD_BYTES);
    void queue.add(RECORD_TYPE.record, body);
    expect(await outcome(queue.add(RECORD_TYPE.record, bodyOf(1)))).toMatchObject({
      reason: "OVERLOADED",
    });
  });

  test("refuses all of it at once, and is as new then", async () => {
    const queue = new AppendQueue(OVERHEAD_BYTES);
    const waiting = [
      queue.add(RECORD_TYPE.record, bodyOf(limits.appendQueueBytes)),
      queue.add(RECORD_TYPE.record, bodyOf(0)),
    ];
    const reason = new Error("no");
    const outcomes = Promise.all(waiting.map(outcome));
    queue.rejectAll(reason);
    expect(await outcomes).toEqual([reason, reason]);
    expect(queue.isEmpty).toBe(true);
    void queue.add(RECORD_TYPE.record, bodyOf(limits.appendQueueBytes));
    expect(queue.isEmpty).toBe(false);
  });
});
