/**
 * Writing when the disk does not do as it is told. Goal: every append is answered once,
 * truthfully; nothing unacknowledged is ever read; the log goes on by itself. Method: a
 * simulated disk that fails chosen operations; what is left is opened again to compare.
 */
import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../../test/harness/fake-clock.ts";
import { type DiskOperation, SimulatedDisk } from "../../../test/harness/simulated-disk.ts";
import {
  appendText,
  openSimulatedLog,
  reasonOf,
  SMALL_SEGMENT_BYTES,
  textsOf,
} from "../../../test/harness/simulated-log.ts";
import { turn } from "../../base/turn.ts";
import { segmentPath } from "./segment-names.ts";

/** Lets the background work of a simulated disk finish. */
async function settle(): Promise<void> {
  for (let i = 0; i < 200; i++) await turn();
}

/** An opened log with one record in it, whose next segment is prepared. */
async function openedLog(clock = new FakeClock()) {
  const disk = new SimulatedDisk();
  const wal = await openSimulatedLog(disk, { clock });
  await appendText(wal, "before");
  await settle();
  return { disk, wal, clock };
}

/** Opens what a process that was killed now would leave, and reads it. */
async function textsAfterKill(disk: SimulatedDisk): Promise<string[]> {
  const wal = await openSimulatedLog(disk.copy(), { seed: 9 });
  const texts = await textsOf(wal);
  await wal.close();
  return texts;
}

const isSegment = ({ path }: DiskOperation) => path.endsWith(".segment");

describe("a write that falls short", () => {
  test("is continued until all of it is taken", async () => {
    const { disk, wal } = await openedLog();
    disk.fault = ({ kind, length }) =>
      kind === "write" && length > 7 ? { takeOnly: 7 } : undefined;
    await appendText(wal, "in pieces of seven bytes");
    expect(await textsOf(wal)).toEqual(["before", "in pieces of seven bytes"]);
    await wal.close();
    expect(await textsAfterKill(disk)).toEqual(["before", "in pieces of seven bytes"]);
  });

  test("and then fails is unknown: some of it is there", async () => {
    const { disk, wal } = await openedLog();
    let pieces = 0;
    disk.fault = ({ kind }) => {
      if (kind !== "write" || pieces > 1) return undefined;
      return pieces++ === 0 ? { takeOnly: 50 } : { error: "ENOSPC" };
    };
    expect(await reasonOf(appendText(wal, "torn"))).toBe("OUTCOME_UNKNOWN");
    expect((await appendText(wal, "after")).offset).toBe(1);
    await wal.close();
    expect(await textsAfterKill(disk)).toEqual(["before", "after"]);
  });

  test("takes nothing and names no error: not retried for ever", async () => {
    const { disk, wal } = await openedLog();
    let first = true;
    disk.fault = ({ kind }) => {
      const fails = kind === "write" && first;
      if (fails) first = false;
      return fails ? { takeOnly: 0 } : undefined;
    };
    expect(await reasonOf(appendText(wal, "nothing"))).toBe("LOG_UNAVAILABLE");
    expect((await appendText(wal, "after")).offset).toBe(1);
    await wal.close();
  });
});

describe("a write that fails at its first byte", () => {
  test("surely did not land: LOG_UNAVAILABLE, and the log goes on in a new segment", async () => {
    const { disk, wal } = await openedLog();
    let failures = 1;
    disk.fault = ({ kind }) => (kind === "write" && failures-- > 0 ? { error: "EIO" } : undefined);
    const error: unknown = await appendText(wal, "lost").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      reason: "LOG_UNAVAILABLE",
      retryable: true,
      cause: { cause: { code: "EIO" } },
    });
    expect((await appendText(wal, "after")).offset).toBe(1);
    expect(disk.paths()).toContain(segmentPath("/log", 2));
    await wal.close();
    expect(await textsAfterKill(disk)).toEqual(["before", "after"]);
  });
});

describe("a sync that fails once", () => {
  test("makes its batch unknown, whole and alone; the next batch gets its offsets", async () => {
    const { disk, wal } = await openedLog();
    let failures = 1;
    disk.fault = ({ kind }) => (kind === "sync" && failures-- > 0 ? { error: "EIO" } : undefined);
    const batch = [appendText(wal, "unknown 1"), appendText(wal, "unknown 2")];
    await turn();
    const next = appendText(wal, "next");
    expect(await Promise.all(batch.map(reasonOf))).toEqual(["OUTCOME_UNKNOWN", "OUTCOME_UNKNOWN"]);
    expect((await next).offset).toBe(1);
    expect(wal.unavailable).toBeUndefined();
    expect(await textsOf(wal)).toEqual(["before", "next"]);
    await wal.close();
    // The unknown batch still verifies in the old segment; the new header says where that ends.
    expect(disk.bytesOf(segmentPath("/log", 1)).includes("unknown 1")).toBe(true);
    expect(await textsAfterKill(disk)).toEqual(["before", "next"]);
    expect(disk.openFiles).toBe(0);
  });

  test("never reaches that file again: no retry, no later write", async () => {
    const { disk, wal } = await openedLog();
    const touched: string[] = [];
    let failed = false;
    disk.fault = ({ kind, path }) => {
      if (failed && (kind === "sync" || kind === "write")) touched.push(path);
      if (kind !== "sync" || failed) return undefined;
      failed = true;
      return { error: "EIO" };
    };
    expect(await reasonOf(appendText(wal, "unknown"))).toBe("OUTCOME_UNKNOWN");
    for (let i = 0; i < 20; i++) await appendText(wal, `after ${i}`);
    expect(touched.length).toBeGreaterThan(20);
    expect(touched).not.toContain(segmentPath("/log", 1));
    await wal.close();
  });

  test("followers never see the unknown records, and no gap", async () => {
    const { disk, wal } = await openedLog();
    const stop = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      for await (const records of wal.follow(0, stop.signal)) {
        seen.push(
          ...records.map(({ offset, body }) => `${offset} ${new TextDecoder().decode(body)}`),
        );
        if (seen.length === 2) return;
      }
    })();
    let failures = 1;
    disk.fault = ({ kind }) => (kind === "sync" && failures-- > 0 ? { error: "EIO" } : undefined);
    expect(await reasonOf(appendText(wal, "unknown"))).toBe("OUTCOME_UNKNOWN");
    await appendText(wal, "after");
    await following;
    expect(seen).toEqual(["0 before", "1 after"]);
    await wal.close();
  });

  test("heals without another append, in the background", async () => {
    const { disk, wal } = await openedLog();
    let failures = 1;
    disk.fault = ({ kind }) => (kind === "sync" && failures-- > 0 ? { error: "EIO" } : undefined);
    expect(await reasonOf(appendText(wal, "unknown"))).toBe("OUTCOME_UNKNOWN");
    await settle();
    expect(wal.unavailable).toBeUndefined();
    expect(await textsAfterKill(disk)).toEqual(["before"]);
    await wal.close();
  });
});

describe("a sync that failed in a process that was killed then", () => {
  test("what is in the page cache only is made durable by the next opening before it is read", async () => {
    const disk = new SimulatedDisk();
    disk.fault = ({ path }) => (path.includes("2.segment") ? { error: "ENOSPC" } : undefined);
    const wal = await openSimulatedLog(disk);
    await appendText(wal, "before");
    disk.fault = ({ kind }) =>
      kind === "sync" || kind === "create" ? { error: "EIO" } : undefined;
    expect(await reasonOf(appendText(wal, "in the page cache only"))).toBe("OUTCOME_UNKNOWN");
    disk.fault = () => undefined;
    const reopened = await openSimulatedLog(disk, { seed: 3 });
    const texts = await textsOf(reopened);
    expect(texts).toEqual(["before", "in the page cache only"]);
    // What was read once must survive the power cut that follows.
    expect(await textsAfterKill(disk.afterPowerCut(() => false))).toEqual(texts);
    await reopened.close();
  });

  test("the same for the header of a segment that was just begun", async () => {
    const { disk, wal } = await openedLog();
    disk.fault = ({ kind }) =>
      kind === "sync" || kind === "create" ? { error: "EIO" } : undefined;
    expect(await reasonOf(appendText(wal, "unknown"))).toBe("OUTCOME_UNKNOWN");
    await settle();
    disk.fault = () => undefined;
    const reopened = await openSimulatedLog(disk, { seed: 3 });
    expect((await appendText(reopened, "after")).offset).toBe(1);
    const kept = disk.afterPowerCut(() => false);
    expect(kept.bytesOf(segmentPath("/log", 2)).includes("after")).toBe(true);
    expect(await textsAfterKill(kept)).toEqual(["before", "after"]);
    await reopened.close();
  });
});

describe("syncs that fail for ever", () => {
  test("stop writing, say so, and let reading go on", async () => {
    const { disk, wal, clock } = await openedLog();
    disk.fault = ({ kind }) => (kind === "sync" ? { error: "EIO" } : undefined);
    expect(await reasonOf(appendText(wal, "unknown"))).toBe("OUTCOME_UNKNOWN");
    await settle();
    expect(wal.unavailable).toMatchObject({ reason: "LOG_UNAVAILABLE" });
    expect(await reasonOf(appendText(wal, "refused"))).toBe("LOG_UNAVAILABLE");
    expect(await textsOf(wal)).toEqual(["before"]);
    for (let i = 0; i < 5; i++) {
      clock.advance(1_000);
      await settle();
      expect(wal.unavailable).toMatchObject({ reason: "LOG_UNAVAILABLE" });
    }
    await wal.close();
    expect(clock.pendingTimers).toBe(0);
    expect(disk.openFiles).toBe(0);
    disk.fault = () => undefined;
    expect((await textsAfterKill(disk))[0]).toBe("before");
  });

  test("heal by themselves once syncs work, by the timer", async () => {
    const { disk, wal, clock } = await openedLog();
    disk.fault = ({ kind }) => (kind === "sync" ? { error: "EIO" } : undefined);
    expect(await reasonOf(appendText(wal, "unknown"))).toBe("OUTCOME_UNKNOWN");
    await settle();
    disk.fault = () => undefined;
    clock.advance(999);
    await settle();
    expect(wal.unavailable).toBeDefined();
    clock.advance(1);
    await settle();
    expect(wal.unavailable).toBeUndefined();
    expect((await appendText(wal, "after")).offset).toBe(1);
    await wal.close();
    expect(await textsAfterKill(disk)).toEqual(["before", "after"]);
  });

  test("heal by themselves on an append, unless one failed a moment ago", async () => {
    const { disk, wal, clock } = await openedLog();
    disk.fault = ({ kind }) => (kind === "sync" ? { error: "EIO" } : undefined);
    expect(await reasonOf(appendText(wal, "unknown"))).toBe("OUTCOME_UNKNOWN");
    await settle();
    disk.fault = () => undefined;
    expect(await reasonOf(appendText(wal, "too soon"))).toBe("LOG_UNAVAILABLE");
    clock.advance(100);
    expect((await appendText(wal, "after")).offset).toBe(1);
    await wal.close();
  });
});

describe("a full disk", () => {
  test("does not matter while the segments prepared ahead last, then refuses, then heals", async () => {
    const clock = new FakeClock();
    const { disk, wal } = await openedLog(clock);
    const full = ({ kind, path }: DiskOperation) =>
      kind === "create" || path.endsWith(".unfinished");
    disk.fault = (operation) => (full(operation) ? { error: "ENOSPC" } : undefined);
    const kept = ["before"];
    let refusal: unknown;
    for (let i = 0; refusal === undefined; i++) {
      const text = `${i} `.repeat(700);
      refusal = await appendText(wal, text).then(
        () => void kept.push(text),
        (error: unknown) => error,
      );
    }
    // Two segments were there: what fits into them was taken.
    expect(kept.join("").length).toBeGreaterThan(SMALL_SEGMENT_BYTES);
    expect(refusal).toMatchObject({ reason: "LOG_UNAVAILABLE", cause: { code: "ENOSPC" } });
    expect(await textsOf(wal)).toEqual(kept);
    disk.fault = () => undefined;
    clock.advance(100);
    await appendText(wal, "there is room again");
    expect(wal.unavailable).toBeUndefined();
    await wal.close();
    expect(await textsAfterKill(disk)).toEqual([...kept, "there is room again"]);
  });

  test("is not tried again with every record for the segment that is prepared ahead", async () => {
    const disk = new SimulatedDisk();
    const wal = await openSimulatedLog(disk);
    let tried = 0;
    disk.fault = ({ kind, path }) => {
      if (kind !== "create" || !path.endsWith(".unfinished")) return undefined;
      tried += 1;
      return { error: "ENOSPC" };
    };
    for (let i = 0; i < 5; i++) {
      await appendText(wal, "a");
      await settle();
    }
    expect(tried).toBe(1);
    await wal.close();
  });

  test("in the middle of preparing leaves no file behind", async () => {
    const { disk, wal } = await openedLog();
    disk.fault = ({ kind, path }) =>
      kind === "write" && path.endsWith(".unfinished") ? { error: "ENOSPC" } : undefined;
    for (let i = 0; i < 5; i++) await appendText(wal, "x".repeat(4_000)).catch(() => undefined);
    await settle();
    expect(disk.paths().filter((path) => path.endsWith(".unfinished"))).toEqual([]);
    await wal.close();
  });
});

describe("a new segment that cannot be begun", () => {
  test.each(["write", "sync"] as const)(
    "its header's %s fails once: the segment after it is taken",
    async (failing) => {
      const { disk, wal, clock } = await openedLog();
      let armed = true;
      disk.fault = ({ kind, path }) => {
        if (!armed || kind !== failing || path !== segmentPath("/log", 2)) return undefined;
        armed = false;
        return { error: "EIO" };
      };
      await appendText(wal, "x".repeat(10_000));
      expect(await reasonOf(appendText(wal, "y".repeat(10_000)))).toBe("LOG_UNAVAILABLE");
      clock.advance(100);
      expect((await appendText(wal, "z")).offset).toBe(2);
      await wal.close();
      const texts = ["before", "x".repeat(10_000), "z"];
      expect(await textsAfterKill(disk)).toEqual(texts);
      expect(await textsAfterKill(disk.afterPowerCut(() => false))).toEqual(texts);
    },
  );

  test("a sealed segment, then a header that fails, then a crash: nothing unacknowledged is adopted in error", async () => {
    const { disk, wal } = await openedLog();
    disk.fault = (operation) =>
      operation.kind === "sync" && isSegment(operation) ? { error: "EIO" } : undefined;
    expect(await reasonOf(appendText(wal, "unknown"))).toBe("OUTCOME_UNKNOWN");
    await settle();
    disk.fault = () => undefined;
    for (const after of [disk.copy(), disk.afterPowerCut(() => false)]) {
      const texts = await textsAfterKill(after);
      expect(texts[0]).toBe("before");
      expect(texts.slice(1).every((text) => text === "unknown")).toBe(true);
    }
  });
});

describe("closing", () => {
  test("while a sync fails: the appends are answered, the files are closed", async () => {
    const { disk, wal, clock } = await openedLog();
    disk.fault = ({ kind }) => (kind === "sync" ? { error: "EIO" } : undefined);
    const pending = [appendText(wal, "a"), appendText(wal, "b")].map(reasonOf);
    await wal.close();
    expect(await Promise.all(pending)).toEqual(["OUTCOME_UNKNOWN", "OUTCOME_UNKNOWN"]);
    expect(disk.openFiles).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  test("while the next segment is prepared: the preparation stops, its file goes", async () => {
    const disk = new SimulatedDisk();
    const wal = await openSimulatedLog(disk, { segmentBytes: 40 * 1024 * 1024 });
    let begun = false;
    disk.fault = ({ kind, path }) => {
      begun ||= kind === "create" && path.endsWith(".unfinished");
      return undefined;
    };
    const appended = appendText(wal, "a");
    await wal.close();
    await appended;
    expect(begun).toBe(true);
    expect(disk.paths().filter((path) => path.endsWith(".unfinished"))).toEqual([]);
    expect(disk.openFiles).toBe(0);
  });
});

describe("the rule of the clock at opening", () => {
  const DAY_MS = 24 * 60 * 60 * 1000;

  async function reopened(laterMs: number, acceptClock = false) {
    const disk = new SimulatedDisk();
    const wal = await openSimulatedLog(disk, { clock: new FakeClock(1_000_000_000_000) });
    const { logTime } = await appendText(wal, "a");
    await wal.close();
    const clock = new FakeClock(logTime + laterMs);
    return { wal: await openSimulatedLog(disk, { clock, acceptClock, seed: 2 }), clock, logTime };
  }

  test("a day after the last record is accepted, with its time", async () => {
    const { wal, clock, logTime } = await reopened(DAY_MS);
    expect(wal.lastLogTime).toBe(logTime);
    expect((await appendText(wal, "b")).logTime).toBe(clock.now());
    await wal.close();
  });

  test("more is refused until the clock is accepted or right", async () => {
    const { wal, clock } = await reopened(DAY_MS + 1);
    expect(wal.unavailable).toMatchObject({ reason: "CLOCK_JUMP" });
    expect(await reasonOf(appendText(wal, "b"))).toBe("CLOCK_JUMP");
    expect(await textsOf(wal)).toEqual(["a"]);
    clock.jump(-1);
    expect((await appendText(wal, "b")).offset).toBe(1);
    await wal.close();
    const accepted = await reopened(1000 * DAY_MS, true);
    expect((await appendText(accepted.wal, "b")).logTime).toBe(accepted.clock.now());
    await accepted.wal.close();
  });

  test("a clock before the last record gives that record's time", async () => {
    const { wal, logTime } = await reopened(-DAY_MS);
    expect((await appendText(wal, "b")).logTime).toBe(logTime);
    await wal.close();
  });
});
