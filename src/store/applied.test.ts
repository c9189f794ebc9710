import { describe, expect, test } from "bun:test";
import { refused } from "../../test/harness/refusal.ts";
import { EntError } from "../base/errors.ts";
import { turn } from "../base/turn.ts";
import type { DecidedOutcome } from "../record/outcome.ts";
import { Applied, type Behind } from "./applied.ts";

const never = new AbortController().signal;

const errorOf = (message: string) =>
  new EntError({ code: "failed_precondition", reason: "TENANT_HALTED", message });

function behind(trouble: Behind["trouble"], offset: number): Behind {
  return { trouble, offset, readable: true, error: errorOf(`${trouble} at ${offset}`) };
}

function outcome(offset: number): DecidedOutcome {
  const applied = { state: "applied" as const, results: [], schemaDifferences: [] };
  return { outcome: applied, offset, appliedAt: offset };
}

/** Whether the promise has settled by the time that everything at hand has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const done = () => {
    settled = true;
  };
  void promise.then(done, done);
  await turn();
  return settled;
}

describe("how far a tenant has come", () => {
  test("is never less than its view holds, also before the partition has passed that", () => {
    const applied = new Applied(5);
    applied.reached("a", 7);
    expect([applied.end, applied.endOf("a"), applied.endOf("b")]).toEqual([5, 7, 5]);
    applied.setBehind("a", behind("stalled", 6));
    expect(applied.endOf("a")).toBe(6);
    applied.clearBehind("a");
    applied.advance(9);
    expect(applied.endOf("a")).toBe(9);
  });

  test("is as far as its partition, unless it is behind", () => {
    const applied = new Applied(5);
    expect([applied.end, applied.endOf("a")]).toEqual([5, 5]);
    applied.advance(8);
    applied.advance(7);
    expect([applied.end, applied.endOf("a")]).toEqual([8, 8]);
    applied.setBehind("a", behind("stalled", 6));
    applied.advance(10);
    expect([applied.end, applied.endOf("a"), applied.endOf("b")]).toEqual([10, 6, 10]);
    expect(applied.behind("a")?.trouble).toBe("stalled");
    expect([...applied.allBehind().keys()]).toEqual(["a"]);
    applied.clearBehind("a");
    expect([applied.endOf("a"), applied.allBehind().size]).toEqual([10, 0]);
  });
});

test("the age of what is being applied is that of its first record, until it is passed", () => {
  const applied = new Applied(5);
  expect(applied.oldestLogTime).toBeUndefined();
  applied.begin(1_000);
  applied.advance(5);
  applied.reached("a", 7);
  expect(applied.oldestLogTime).toBe(1_000);
  applied.advance(8);
  expect(applied.oldestLogTime).toBeUndefined();
});

describe("waiting for a position", () => {
  test("is over at once when it was passed: no turn of the event loop is taken", () => {
    const applied = new Applied(5);
    expect(applied.waitFor("a", 4, never)).toBeUndefined();
    expect(applied.waitFor("a", 5, never)).toBeInstanceOf(Promise);
  });

  test("ends when the partition passes it, or the lane of the tenant does", async () => {
    const applied = new Applied(0);
    const early = applied.waitFor("a", 3, never) as Promise<void>;
    const late = applied.waitFor("a", 4, never) as Promise<void>;
    applied.advance(4);
    expect([await isSettled(early), await isSettled(late)]).toEqual([true, false]);
    applied.setBehind("a", behind("stalled", 4));
    applied.advance(9);
    expect(await isSettled(late)).toBe(false);
    applied.setBehind("a", behind("stalled", 5));
    await late;
  });

  test("ends with the trouble of a tenant that halts at or before it, and only then", async () => {
    const applied = new Applied(0);
    const [before, at, other] = [
      applied.waitFor("a", 2, never),
      applied.waitFor("a", 3, never),
      applied.waitFor("b", 3, never),
    ] as [Promise<void>, Promise<void>, Promise<void>];
    applied.setBehind("a", behind("halted", 3));
    expect((await refused(at)).message).toBe("halted at 3");
    await before;
    expect(await isSettled(other)).toBe(false);
    expect((await refused(applied.waitFor("a", 7, never) as Promise<void>)).reason).toBe(
      "TENANT_HALTED",
    );
    expect(applied.waitFor("a", 2, never)).toBeUndefined();
  });

  test("of the partition is nobody's trouble", async () => {
    const applied = new Applied(0);
    applied.setBehind("a", behind("halted", 0));
    const waiting = applied.waitForPartition(0, never) as Promise<void>;
    applied.advance(1);
    await waiting;
  });

  test("ends with the signal's reason, and leaves nothing behind", async () => {
    const applied = new Applied(0);
    const controller = new AbortController();
    const waiting = applied.waitFor("a", 0, controller.signal) as Promise<void>;
    controller.abort(errorOf("too late"));
    expect((await refused(waiting)).message).toBe("too late");
    const late = applied.waitFor("a", 0, controller.signal) as Promise<void>;
    expect((await refused(late)).message).toBe("too late");
    applied.advance(1);
  });
});

describe("waiting for an outcome", () => {
  test("gets it when it is published, before or after it was asked for", async () => {
    const applied = new Applied(0);
    const waiting = applied.waitForOutcome("a", 0, never);
    applied.publish(0, outcome(0));
    expect(await waiting).toEqual(outcome(0));
    applied.publish(1, outcome(1));
    expect(applied.waitForOutcome("a", 1, never)).toEqual(outcome(1));
  });

  test("is told once; whoever asks again is sent to the view", () => {
    const applied = new Applied(0);
    applied.publish(0, outcome(0));
    applied.advance(1);
    expect(applied.waitForOutcome("a", 0, never)).toEqual(outcome(0));
    expect(applied.waitForOutcome("a", 0, never)).toBeUndefined();
  });

  test("is told that only the view still knows what was decided long ago", () => {
    const applied = new Applied(0);
    for (let offset = 0; offset < 10_000; offset++) applied.publish(offset, outcome(offset));
    applied.advance(10_000);
    expect(applied.waitForOutcome("a", 0, never)).toBeUndefined();
    expect(applied.waitForOutcome("a", 9_999, never)).toEqual(outcome(9_999));
  });

  test("ends with a halt at or before it; what stands before the halt is still answered", async () => {
    const applied = new Applied(0);
    const waiting = applied.waitForOutcome("a", 5, never);
    applied.publish(3, outcome(3));
    applied.setBehind("a", behind("halted", 4));
    expect((await refused(waiting as Promise<unknown>)).message).toBe("halted at 4");
    expect(applied.waitForOutcome("a", 3, never)).toEqual(outcome(3));
    const late = applied.waitForOutcome("a", 4, never) as Promise<unknown>;
    expect((await refused(late)).message).toBe("halted at 4");
  });

  test("of a stalled tenant goes on", async () => {
    const applied = new Applied(0);
    const waiting = applied.waitForOutcome("a", 0, never) as Promise<DecidedOutcome>;
    applied.setBehind("a", behind("stalled", 0));
    applied.advance(9);
    expect(await isSettled(waiting)).toBe(false);
    applied.publish(0, outcome(0));
    expect(await waiting).toEqual(outcome(0));
  });
});

describe("being told once it is applied", () => {
  test("outlives a halt", () => {
    const applied = new Applied(0);
    const told: number[] = [];
    applied.whenApplied("a", 2, () => told.push(2));
    applied.whenApplied("a", 1, () => told.push(1));
    applied.setBehind("a", behind("halted", 2));
    applied.advance(9);
    expect(told).toEqual([1]);
    applied.setBehind("a", behind("stalled", 3));
    expect(told).toEqual([1, 2]);
    applied.clearBehind("a");
    applied.whenApplied("a", 8, () => told.push(8));
    expect(told).toEqual([1, 2, 8]);
  });
});

describe("closing", () => {
  test("ends every wait, also one that begins later", async () => {
    const applied = new Applied(1);
    const waits = [
      applied.waitFor("a", 5, never),
      applied.waitForOutcome("a", 5, never),
      applied.waitForPartition(5, never),
    ];
    applied.close(errorOf("stopping"));
    waits.push(applied.waitFor("a", 5, never), applied.waitForOutcome("b", 6, never));
    for (const wait of waits) {
      expect((await refused(wait as Promise<unknown>)).message).toBe("stopping");
    }
    expect(applied.waitFor("a", 0, never)).toBeUndefined();
  });
});
