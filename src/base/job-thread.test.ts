/**
 * A thread for long work. Goal: it is there while there is work, and its death costs no more than
 * the jobs that it had. Method: threads that answer, throw, die and end as their jobs tell them.
 */
import { afterEach, expect, test } from "bun:test";
import { join } from "node:path";
import { FakeClock } from "../../test/harness/fake-clock.ts";
import { until } from "../../test/harness/partition.ts";
import { JobThread } from "./job-thread.ts";

type Job = "answer" | "throw" | "die";

const clock = new FakeClock();
let started: Worker[] = [];
let thread = newThread();

function newThread(): JobThread<Job, string> {
  started = [];
  const start = () => {
    const worker = new Worker(new URL("../../test/harness/told-worker.ts", import.meta.url).href);
    started.push(worker);
    return worker;
  };
  return new JobThread({ clock, start });
}

afterEach(() => {
  thread.close();
  thread = newThread();
});

test("it starts with its first job, answers in order, and tells what a job threw", async () => {
  expect(thread.isRunning).toBeFalse();
  const jobs = (["answer", "throw", "answer"] as const).map((job) => thread.run(job));
  const ends = await Promise.allSettled(jobs);
  expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  await expect(jobs[1]).rejects.toThrow("as told");
  expect(started).toHaveLength(1);
});

test("when it dies its jobs are rejected, and the next one starts another", async () => {
  const ends = await Promise.allSettled([thread.run("die"), thread.run("answer")]);
  expect(ends.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await thread.run("answer")).toBe("answered");
  started[1]?.terminate();
  await until(() => !thread.isRunning);
  expect(await thread.run("answer")).toBe("answered");
  expect(started).toHaveLength(3);
});

test("it goes when it has had nothing to do for a while, not between jobs", async () => {
  await thread.run("answer");
  clock.advance(9_000);
  await thread.run("answer");
  clock.advance(9_000);
  expect(thread.isRunning).toBeTrue();
  clock.advance(1_000);
  expect(thread.isRunning).toBeFalse();
  expect(await thread.run("answer")).toBe("answered");
});

test("closed, it does nothing more", async () => {
  const job = thread.run("answer");
  thread.close();
  await expect(job).rejects.toThrow("closed");
  await expect(thread.run("answer")).rejects.toThrow("closed");
});

test("a process that waits for an answer and for nothing else lives until it is there", async () => {
  const worker = Bun.pathToFileURL(join(import.meta.dir, "../../test/harness/told-worker.ts"));
  const program = `
    const { JobThread } = await import("${join(import.meta.dir, "job-thread.ts")}");
    const clock = { timer: () => () => undefined };
    const thread = new JobThread({ clock, start: () => new Worker("${worker.href}") });
    process.exitCode = (await thread.run("answer")) === "answered" ? 7 : 1;`;
  const child = Bun.spawn([process.execPath, "-e", program], { stderr: "inherit" });
  expect(await child.exited).toBe(7);
});
