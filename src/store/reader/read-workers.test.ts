import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { refused } from "../../../test/harness/refusal.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../test/harness/temporary-directory.ts";
import { thingWork, viewWithNodes } from "../../../test/harness/view-file.ts";
import { EntError } from "../../base/errors.ts";
import type { TenantStore } from "../tenant-store.ts";
import { ReadWorkers, type ReadWorkersOptions, startReadWorker } from "./read-workers.ts";

const NODES = 5_000;
const never = new AbortController().signal;
const reason = new EntError({ code: "canceled", reason: "CANCELED", message: "Never mind." });

let place: TemporaryDirectory;
let store: TenantStore;
let workers: ReadWorkers;

/** A pool in place of the one at hand. */
function pool(options: Partial<ReadWorkersOptions> = {}): ReadWorkers {
  workers?.close();
  workers = new ReadWorkers({ threads: 1, jobsPerFile: 4, ...options });
  return workers;
}

beforeEach(() => {
  place = temporaryDirectory();
  store = viewWithNodes(join(place.path, "acme"), NODES);
  pool();
});
afterEach(() => {
  workers.close();
  store.close();
  place[Symbol.dispose]();
});

/** Looks at every node, in several slices. */
const count = { kind: "count", query: thingWork({ filter: noText() }) } as const;

function noText() {
  return { op: "is_null", operand: { of: "field", fieldId: 1 }, values: [] } as const;
}

const isBroken = async (promise: Promise<unknown>) => {
  const error = await promise.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Error);
  expect(error).not.toBeInstanceOf(EntError);
  return (error as Error).message;
};

describe("jobs", () => {
  test("are answered, each with its own", async () => {
    const page = { kind: "query", query: thingWork({}, { limit: 2 }) } as const;
    const [nothing, nodes, hash] = await Promise.all([
      workers.run(store.readFile, count, never),
      workers.run(store.readFile, page, never),
      workers.run(store.readFile, { kind: "content_hash" }, never),
    ]);
    expect(nothing).toBe(0);
    expect(nodes).toHaveLength(2);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(workers.size).toBe(0);
  });

  test("are refused with what refused them: reason, hint and details cross the threads", async () => {
    const work = { kind: "count", query: thingWork({}, { scanRows: NODES - 1 }) } as const;
    const error = await refused(workers.run(store.readFile, work, never));
    expect(error).toMatchObject({ reason: "QUERY_NEEDS_INDEX", code: "failed_precondition" });
    expect(error.details["rows"]).toBe(String(NODES - 1));
    expect(error.hint).not.toBe("");
  });

  test("of a file that cannot be read fail with SQLite's code", async () => {
    const missing = { path: join(place.path, "missing.db"), generation: 1 };
    const error = await workers.run(missing, count, never).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "SQLITE_CANTOPEN" });
  });

  test("read a file that was closed and opened anew", async () => {
    expect(await workers.run(store.readFile, count, never)).toBe(0);
    store.close();
    store = viewWithNodes(join(place.path, "other"), 3);
    const all = { kind: "count", query: thingWork() } as const;
    expect(await workers.run(store.readFile, all, never)).toBe(3);
  });
});

describe("cancelling", () => {
  test("gives the signal's reason at once, and ends the work between two slices", async () => {
    const controller = new AbortController();
    const job = workers.run(store.readFile, count, controller.signal);
    expect(workers.size).toBe(1);
    controller.abort(reason);
    expect(await refused(job)).toBe(reason);
    expect(workers.size).toBe(0);
    expect(await workers.run(store.readFile, count, never)).toBe(0);
  });

  test("of one job is nobody else's", async () => {
    const controller = new AbortController();
    const jobs = [
      workers.run(store.readFile, count, never),
      workers.run(store.readFile, count, controller.signal),
      workers.run(store.readFile, count, never),
    ];
    controller.abort(reason);
    const settled = await Promise.allSettled(jobs);
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  });

  test("before the start starts nothing", async () => {
    const controller = new AbortController();
    controller.abort(reason);
    let started = 0;
    pool({
      start: () => {
        started += 1;
        return startReadWorker();
      },
    });
    expect(await refused(workers.run(store.readFile, count, controller.signal))).toBe(reason);
    expect(started).toBe(0);
  });

  test.each(["cancelled", "refused"])("a job that was %s leaves no snapshot open", async (how) => {
    const controller = new AbortController();
    const query = thingWork({ filter: noText() }, { scanRows: how === "refused" ? 10 : NODES });
    const job = workers.run(store.readFile, { kind: "count", query }, controller.signal);
    if (how === "cancelled") controller.abort(reason);
    await job.catch(() => undefined);
    // Answered behind the job on the same thread, so that it has ended by now.
    await workers.run(store.readFile, count, never);
    store.writeConnection.run("UPDATE nodes SET version = 2");
    const [folded] = store.writeConnection.query("PRAGMA wal_checkpoint(PASSIVE)").values();
    const [, pages, copied] = (folded as bigint[]).map(Number);
    expect(pages).toBeGreaterThan(0);
    expect(copied).toBe(pages as number);
  });
});

describe("too many jobs", () => {
  test("of one file are refused; another file's are not", async () => {
    const controller = new AbortController();
    const other = viewWithNodes(join(place.path, "other"), 1);
    const most = Array.from({ length: 4 }, () =>
      workers.run(store.readFile, count, controller.signal).catch(() => -1),
    );
    const error = await refused(workers.run(store.readFile, count, never));
    expect(error).toMatchObject({ reason: "OVERLOADED", retryable: true });
    expect(await workers.run(other.readFile, count, never)).toBe(0);
    other.close();
    controller.abort(reason);
    await Promise.all(most);
    expect(await workers.run(store.readFile, count, never)).toBe(0);
  });
});

describe("a thread that dies", () => {
  test("takes only its own jobs; the next one gets another thread", async () => {
    const started: Worker[] = [];
    pool({
      threads: 2,
      start: () => {
        const worker = startReadWorker();
        started.push(worker);
        return worker;
      },
    });
    const [first, second] = [1, 2].map(() => workers.run(store.readFile, count, never));
    started[0]?.terminate();
    expect(await isBroken(first as Promise<number>)).toContain("ended");
    expect(await second).toBe(0);
    expect(workers.size).toBe(0);
    expect(await workers.run(store.readFile, count, never)).toBe(0);
    expect(await workers.run(store.readFile, count, never)).toBe(0);
    expect(started).toHaveLength(3);
  });

  test.each(["with an error", "quietly"])("%s is found out, again and again", async (how) => {
    const url = new URL("../../../test/harness/dying-worker.ts", import.meta.url).href;
    pool({ start: () => new Worker(url) });
    const file = { path: how === "quietly" ? "/quietly/x.db" : "/x.db", generation: 1 };
    for (let times = 0; times < 2; times++) {
      await isBroken(workers.run(file, count, never));
      expect(workers.size).toBe(0);
    }
  });
});

test("threads are let go of when they have nothing to do, and start again", async () => {
  let started = 0;
  pool({
    start: () => {
      started += 1;
      return startReadWorker();
    },
  });
  const job = workers.run(store.readFile, count, never);
  workers.release();
  expect(await job).toBe(0);
  expect(await workers.run(store.readFile, count, never)).toBe(0);
  expect(started).toBe(1);
  workers.release();
  workers.release();
  expect(await workers.run(store.readFile, count, never)).toBe(0);
  expect(started).toBe(2);
});

describe("closing", () => {
  test("rejects what still runs and what comes after", async () => {
    const job = workers.run(store.readFile, count, never);
    workers.close();
    expect((await refused(job)).reason).toBe("SERVER_STOPPING");
    const late = workers.run(store.readFile, count, never);
    expect((await refused(late)).reason).toBe("SERVER_STOPPING");
    expect(workers.size).toBe(0);
  });
});
