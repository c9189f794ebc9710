import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../../test/harness/fake-clock.ts";
import type { DiskFile } from "./disk.ts";
import {
  ALONE_BATCHES,
  PENALTY_BATCHES,
  QUICK_SYNC_MS,
  STALL_MS,
  SyncPolicy,
} from "./sync-policy.ts";

/** A file whose syncs take as long as the test says, and remember where they ran. */
function syncedFile(clock: FakeClock) {
  const state = { tookMs: 0.05, places: [] as ("here" | "pool")[], failing: false };
  const sync = (place: "here" | "pool") => {
    state.places.push(place);
    clock.advance(state.tookMs);
    if (state.failing) throw new Error("EIO");
  };
  const file = {
    sync: async () => sync("pool"),
    syncNow: () => sync("here"),
  } as unknown as DiskFile;
  return { state, file };
}

function setUp() {
  const clock = new FakeClock();
  const { state, file } = syncedFile(clock);
  const told: string[] = [];
  const awake = { begin: () => told.push("begin"), end: () => told.push("end") };
  const policy = new SyncPolicy(clock, awake);
  const run = async (batches: number, alone: boolean) => {
    state.places.length = 0;
    for (let i = 0; i < batches; i++) await policy.sync(file, alone);
    return state.places.filter((place) => place === "here").length;
  };
  return { state, told, policy, file, run };
}

describe("a sync runs on the calling thread", () => {
  test("only once a quick disk has met the same few callers for some batches", async () => {
    const { run } = setUp();
    expect(await run(ALONE_BATCHES, true)).toBe(0);
    expect(await run(100, true)).toBe(100);
  });

  test("never while others wait, nor right after", async () => {
    const { run } = setUp();
    expect(await run(100, false)).toBe(0);
    expect(await run(ALONE_BATCHES, true)).toBe(0);
    expect(await run(1, true)).toBe(1);
    expect(await run(1, false)).toBe(0);
    expect(await run(ALONE_BATCHES, true)).toBe(0);
  });

  test("never on a disk that is slow as a rule, but again when it has become quick", async () => {
    const { state, run } = setUp();
    state.tookMs = QUICK_SYNC_MS * 2;
    expect(await run(500, true)).toBe(0);
    state.tookMs = 0.05;
    expect(await run(200, true)).toBeGreaterThan(100);
  });

  test("not for a while after one that stalled", async () => {
    const { state, run } = setUp();
    await run(100, true);
    state.tookMs = STALL_MS + 0.1;
    expect(await run(1, true)).toBe(1);
    state.tookMs = 0.01;
    expect(await run(PENALTY_BATCHES - 1, true)).toBe(0);
    expect(await run(2, true)).toBeGreaterThan(0);
  });

  test("and throws there what it would have rejected with on the pool", async () => {
    const { state, policy, file, run } = setUp();
    state.failing = true;
    await expect(policy.sync(file, false)).rejects.toThrow("EIO");
    state.failing = false;
    await run(100, true);
    state.failing = true;
    expect(() => policy.sync(file, true)).toThrow("EIO");
  });
});

test("each sync is told of when it begins and when it ends, also one that fails", async () => {
  const { state, told, policy, file, run } = setUp();
  await run(ALONE_BATCHES + 2, true);
  expect(told).toEqual(
    Array(ALONE_BATCHES + 2)
      .fill(["begin", "end"])
      .flat(),
  );
  told.length = 0;
  state.failing = true;
  expect(() => policy.sync(file, true)).toThrow("EIO");
  await expect(policy.sync(file, false)).rejects.toThrow("EIO");
  expect(told).toEqual(["begin", "end", "begin", "end"]);
});
