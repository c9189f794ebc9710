import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../test/harness/fake-clock.ts";
import { idleThreads } from "../../test/harness/idle-threads.ts";
import { until } from "../../test/harness/partition.ts";
import { CLOSE_WAITS, KeepAwake } from "./keep-awake.ts";
import { linuxCalls } from "./linux-calls.ts";
import { hasProcessorQuota } from "./processor-quota.ts";

const FOR_MS = 5;
const canRun = linuxCalls() !== undefined && !hasProcessorQuota();

/** Waits that the test makes, `apartMs` apart, and how many threads were started for them. */
function setUp({ forMs = FOR_MS, thread = "./awake-thread.ts" } = {}) {
  const clock = new FakeClock();
  const threads: Worker[] = [];
  const start = () => {
    const worker = new Worker(new URL(thread, import.meta.url).href);
    threads.push(worker);
    return worker;
  };
  const awake = new KeepAwake({ forMs, clock, start });
  const wait = (times: number, apartMs: number) => {
    for (let i = 0; i < times; i++) {
      awake.begin();
      awake.end();
      clock.advance(apartMs);
    }
  };
  const started = () => threads.length;
  return { awake, threads, wait, started, [Symbol.dispose]: () => awake.close() };
}

describe.if(linuxCalls() !== undefined)("a thread that keeps the processor awake", () => {
  test("is started once waits come close on each other for some time", () => {
    using bed = setUp();
    bed.wait(CLOSE_WAITS, FOR_MS / 2);
    expect(bed.started()).toBe(0);
    bed.wait(1, FOR_MS / 2);
    expect(bed.started()).toBe(1);
    bed.wait(CLOSE_WAITS * 2, FOR_MS / 2);
    expect(bed.started()).toBe(1);
  });

  test("is not for waits that are too far apart for it to stay awake, nor where none is wanted", () => {
    using bed = setUp();
    bed.wait(CLOSE_WAITS * 3, FOR_MS);
    expect(bed.started()).toBe(0);
    using off = setUp({ forMs: 0 });
    off.wait(CLOSE_WAITS * 3, 0);
    expect(off.started()).toBe(0);
  });

  test("that dies is not started again", async () => {
    using bed = setUp({ thread: "../../test/harness/dying-worker.ts" });
    bed.wait(CLOSE_WAITS + 1, 1);
    expect(bed.started()).toBe(1);
    await new Promise((resolve) => bed.threads[0]?.addEventListener("close", resolve));
    bed.wait(CLOSE_WAITS * 3, 1);
    expect(bed.started()).toBe(1);
  });
});

describe.if(canRun)("the thread itself", () => {
  test("gets only what time nobody else wants, and ends when it is closed", async () => {
    const before = idleThreads(process.pid);
    using bed = setUp({ forMs: 1 });
    bed.wait(CLOSE_WAITS + 1, 0.5);
    await until(() => idleThreads(process.pid) === before + 1);
    bed.wait(10, 0.5);
    expect(idleThreads(process.pid)).toBe(before + 1);
    bed.awake.close();
    await until(() => idleThreads(process.pid) === before);
    bed.wait(CLOSE_WAITS * 3, 0.5);
    expect(bed.started()).toBe(1);
  });
});
