import { afterEach, describe, expect, test } from "bun:test";
import { MemoryTarget } from "../../test/harness/memory-target.ts";
import { systemClock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { LineTarget } from "./line-writer.ts";
import { LineWriter } from "./line-writer.ts";
import { type Log, openLog } from "./log.ts";
import type { LogLevel } from "./logger.ts";

/** A target that writes when it is told to, as much as it is told to. */
class SlowTarget implements LineTarget {
  text = "";
  #pending: { bytes: Uint8Array; done: Parameters<LineTarget["write"]>[1] } | undefined;

  write(bytes: Uint8Array, done: Parameters<LineTarget["write"]>[1]): void {
    expect(this.#pending).toBeUndefined();
    this.#pending = { bytes, done };
  }

  writeSync(bytes: Uint8Array): void {
    this.text += Buffer.from(bytes).toString();
  }

  /** Ends the write under way: all of it, part of it, or with an error. */
  finish(written?: number, code?: string): void {
    const pending = this.#pending;
    if (pending === undefined) throw new Error("nothing is being written");
    this.#pending = undefined;
    const count = code === undefined ? (written ?? pending.bytes.length) : 0;
    this.text += Buffer.from(pending.bytes.subarray(0, count)).toString();
    const error = code === undefined ? null : Object.assign(new Error(code), { code });
    pending.done(error, count);
  }

  get isIdle(): boolean {
    return this.#pending === undefined;
  }
}

const logs: Log[] = [];
afterEach(() => Promise.all(logs.splice(0).map((log) => log.close())));

function open(level: LogLevel, target: LineTarget): Log {
  const log = openLog({ level, format: "json", clock: systemClock, target });
  logs.push(log);
  return log;
}

describe("a log", () => {
  test("writes its level and what is graver", () => {
    for (const [level, expected] of [
      ["DEBUG", 4],
      ["INFO", 3],
      ["WARN", 2],
      ["ERROR", 1],
    ] as const) {
      const target = new MemoryTarget();
      const logger = open(level, target).logger("wal");
      logger.debug("d");
      logger.info("i");
      logger.warn("w");
      logger.error("e");
      expect(target.lines).toHaveLength(expected);
      expect(target.lines.map((line) => JSON.parse(line).level)).toContain("ERROR");
    }
  });

  test("puts the fields of a logger on each of its lines", () => {
    const target = new MemoryTarget();
    const logger = open("INFO", target).logger("rpc").with({ request_id: "r1" });
    logger.with({ tenant_id: "t" }).info("Refused.", { reason: "OVERLOADED" });
    expect(JSON.parse(target.lines[0] ?? "")).toMatchObject({
      area: "rpc",
      message: "Refused.",
      request_id: "r1",
      tenant_id: "t",
      reason: "OVERLOADED",
    });
  });

  test("takes braces in a message as they are", () => {
    const target = new MemoryTarget();
    open("INFO", target).logger("rpc").info("{a} {{b}}", { a: 1 });
    expect(JSON.parse(target.lines[0] ?? "").message).toBe("{a} {{b}}");
  });

  test("uses the clock that it was given", () => {
    const target = new MemoryTarget();
    const clock = { ...systemClock, now: () => 1_000 };
    const log = openLog({ level: "INFO", format: "json", clock, target });
    logs.push(log);
    log.logger("wal").info("x");
    expect(JSON.parse(target.lines[0] ?? "").time).toBe("1970-01-01T00:00:01.000Z");
  });

  test("does not mix with another one, and closing one leaves the other", async () => {
    const [a, b] = [new MemoryTarget(), new MemoryTarget()];
    const [one, other] = [open("INFO", a), open("DEBUG", b)];
    one.logger("x").info("one");
    other.logger("x").debug("other");
    await one.close();
    one.logger("x").info("late");
    other.logger("x").info("still");
    expect(a.lines).toHaveLength(1);
    expect(b.lines).toHaveLength(2);
  });
});

describe("the writer", () => {
  const writer = (target: LineTarget) =>
    new LineWriter(target, systemClock, (count) => `dropped ${count}\n`);

  test("has one write under way, and gathers meanwhile", async () => {
    const target = new SlowTarget();
    const lines = writer(target);
    for (const line of ["a\n", "b\n", "c\n"]) lines.write(line);
    const drained = lines.drain();
    target.finish();
    expect(target.text).toBe("a\n");
    target.finish();
    expect(target.text).toBe("a\nb\nc\n");
    await drained;
    expect(target.isIdle).toBe(true);
    await lines.drain();
  });

  test("goes on after a short write, and after a full descriptor", async () => {
    const target = new SlowTarget();
    const lines = writer(target);
    lines.write("abcdef\n");
    target.finish(3);
    target.finish(0, "EAGAIN");
    const drained = lines.drain();
    while (target.isIdle) await systemClock.sleep(1);
    target.finish();
    await drained;
    expect(target.text).toBe("abcdef\n");
  });

  test("drops past its limit, and says how much as soon as there is room", () => {
    const target = new SlowTarget();
    const lines = writer(target);
    lines.write("first\n");
    const long = `${"x".repeat(limits.logBufferBytes / 4 - 1)}\n`;
    for (let i = 0; i < 6; i++) lines.write(long);
    target.finish();
    target.finish();
    expect(target.text.length).toBe(
      "first\n".length + limits.logBufferBytes + "dropped 2\n".length,
    );
    expect(target.text).toEndWith("x\ndropped 2\n");
  });

  test("goes on when the reader is gone", async () => {
    const target = new SlowTarget();
    const lines = writer(target);
    lines.write("lost\n");
    lines.write("kept\n");
    target.finish(0, "EPIPE");
    const drained = lines.drain();
    target.finish();
    await drained;
    expect(target.text).toBe("kept\n");
  });

  test("writes what waits when the process cannot wait", () => {
    const target = new SlowTarget();
    const lines = writer(target);
    lines.write("a\n");
    lines.write("b\n");
    lines.flushSync();
    expect(target.text).toBe("a\nb\n");
  });
});

test("to stderr, with a reader that sleeps: the process is not held up, and nothing taken is lost", async () => {
  const script = `
    import { openLog } from "${import.meta.dir}/log.ts";
    import { systemClock } from "${import.meta.dir}/../base/clock.ts";
    const log = openLog({ level: "INFO", format: "json", clock: systemClock });
    for (let i = 0; i < 400; i++) log.logger("x").info("y".repeat(1000), { i });
    process.stdout.write("not held up\\n");
    await log.close();
    process.exit(0);
  `;
  const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe", stderr: "pipe" });
  const first = await child.stdout.getReader().read();
  // Only now does anybody read the log, of which far more was written than a pipe holds.
  expect(new TextDecoder().decode(first.value)).toBe("not held up\n");
  const lines = (await child.stderr.text()).split("\n").slice(0, -1);
  expect(lines.map((line) => JSON.parse(line).i)).toEqual(Array.from({ length: 400 }, (_, i) => i));
  expect(await child.exited).toBe(0);
});
