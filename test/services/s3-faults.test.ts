/**
 * A bucket behind a bad network. Goal: every error has its name, nothing is taken for stored
 * that is not, what is stored twice is stored once, and the archive is whole when the trouble is
 * over. Method: a real S3 service behind a proxy that fails on purpose.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { systemClock } from "../../src/base/clock.ts";
import { S3BlobStore, type S3BlobStoreOptions } from "../../src/blob/s3-blob-store.ts";
import { ArchiveBench } from "../harness/archive-bench.ts";
import { SeededRandom } from "../harness/seeded-random.ts";
import { type Fault, type FaultyProxy, STORAGE_FAULTS, startFaultyProxy } from "./faulty-proxy.ts";
import { type S3, startS3 } from "./s3.ts";

const never = new AbortController().signal;
const bytes = (content: string) => new TextEncoder().encode(content);
const text = (content: Uint8Array) => new TextDecoder().decode(content);
/** For who must not run into it however busy the machine is, and for who shall. */
const TIMEOUT_MS = 20_000;
const SHORT_MS = 500;

let service: S3;
let proxy: FaultyProxy;
let bucket = "";
let buckets = 0;

beforeAll(async () => {
  service = await startS3();
  proxy = await startFaultyProxy(service.endpoint);
});
afterAll(async () => {
  await proxy?.[Symbol.asyncDispose]();
  await service?.[Symbol.asyncDispose]();
});
beforeEach(() => {
  proxy.fault = () => undefined;
  bucket = `faults-${buckets++}`;
  service.makeBucket(bucket);
});

function open(change: Partial<S3BlobStoreOptions> = {}): S3BlobStore {
  const { region, accessKeyId, secretAccessKey } = service;
  return new S3BlobStore({
    bucket,
    region,
    endpoint: proxy.url,
    credentials: { accessKeyId, secretAccessKey },
    timeoutMs: TIMEOUT_MS,
    clock: systemClock,
    ...change,
  });
}

/** Happens to the first so many requests of a method, and to no more. */
function failing(method: string, times: number, fault: Fault): void {
  let left = times;
  proxy.fault = (request) => (request.method === method && left-- > 0 ? fault : undefined);
}

const FOR_EVER = Number.POSITIVE_INFINITY;

describe("a request that fails", () => {
  test.each<[string, Fault, string]>([
    ["500", { kind: "answer", status: 500 }, "STORAGE_UNAVAILABLE"],
    ["503", { kind: "answer", status: 503 }, "STORAGE_UNAVAILABLE"],
    ["a closed connection", { kind: "closed" }, "STORAGE_UNAVAILABLE"],
    ["no answer", { kind: "unheard" }, "STORAGE_TIMEOUT"],
  ])(
    "with %s, every time, has a name, and may be tried again",
    async (_name, fault, reason) => {
      await open().put("there", bytes("x"), never);
      const store = open(fault.kind === "unheard" ? { timeoutMs: SHORT_MS } : {});
      proxy.fault = () => fault;
      for (const call of [
        () => store.put("new", bytes("x"), never),
        () => store.get("there", never),
        () => store.find("there", never),
        () => store.delete("there", never),
        () => Array.fromAsync(store.list("", never)),
        () => store.check(never),
      ]) {
        const error = await call().then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        expect(error).toMatchObject({ reason, retryable: true });
      }
      proxy.fault = () => undefined;
      expect(text(await open().get("there", never))).toBe("x");
      expect(await open().find("new", never)).toBeUndefined();
    },
    60_000,
  );

  test("now and then is made again, and nobody hears of it", async () => {
    const store = open();
    failing("PUT", 1, { kind: "answer", status: 503 });
    await store.put("a", bytes("content"), never);
    failing("GET", 1, { kind: "answer", status: 500 });
    expect(text(await store.get("a", never))).toBe("content");
  });

  test("after the object was stored: the same put again finds its own bytes", async () => {
    const store = open();
    failing("PUT", FOR_EVER, { kind: "silent" });
    const put = open({ timeoutMs: SHORT_MS }).put("a", bytes("content"), never);
    await expect(put).rejects.toMatchObject({ reason: "STORAGE_TIMEOUT" });
    proxy.fault = () => undefined;
    expect(text(await store.get("a", never))).toBe("content");
    await store.put("a", bytes("content"), never);
    const other = store.put("a", bytes("other"), never);
    await expect(other).rejects.toMatchObject({ reason: "OBJECT_ALREADY_EXISTS" });
  });

  test.each<[string, Fault]>([
    ["torn", { kind: "torn" }],
    ["flipped", { kind: "flipped" }],
    ["slow", { kind: "slow", everyMs: 50 }],
  ])(
    "with a body that is %s gives nobody wrong bytes",
    async (_name, fault) => {
      const content = "content ".repeat(1_000);
      await open().put("a", bytes(content), never);
      const store = open(fault.kind === "slow" ? { timeoutMs: SHORT_MS } : {});
      failing("GET", FOR_EVER, fault);
      const whole = await store.get("a", never).then(text, (error: unknown) => error);
      expect(whole).toMatchObject({ retryable: true });
      // Of a slow stream each part comes in time.
      if (fault.kind !== "slow") {
        const streamed = await Array.fromAsync(store.stream("a", never)).then(
          (parts) => text(Buffer.concat(parts)),
          (error: unknown) => error,
        );
        expect(streamed).toMatchObject({ retryable: true });
      }
      proxy.fault = () => undefined;
      expect(text(await open().get("a", never))).toBe(content);
    },
    60_000,
  );

  test("ends with its caller's patience", async () => {
    const store = open();
    proxy.fault = () => ({ kind: "unheard" });
    const reason = new Error("enough");
    const given = new AbortController();
    const put = store.put("a", bytes("x"), given.signal);
    queueMicrotask(() => given.abort(reason));
    expect(await put.catch((error: unknown) => error)).toBe(reason);
  });
});

describe("what is configured wrongly", () => {
  const calls = (store: S3BlobStore) => [
    () => store.check(never),
    () => store.put("a", bytes("x"), never),
    () => store.get("a", never),
    () => store.find("a", never),
    () => Array.fromAsync(store.list("", never)),
  ];

  test("a bucket that does not exist", async () => {
    const store = open({ bucket: "no-such-bucket" });
    for (const call of calls(store)) {
      const error = await call().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        reason: "BUCKET_NOT_FOUND",
        retryable: false,
        message: "s3://no-such-bucket does not exist",
        hint: expect.any(String),
      });
    }
  });

  test.each([
    ["a secret", { accessKeyId: "testkey", secretAccessKey: "wrong" }],
    ["a key", { accessKeyId: "nobody", secretAccessKey: "testsecret1" }],
  ])("%s that is wrong", async (_name, credentials) => {
    const store = open({ credentials });
    for (const call of calls(store)) {
      const error = await call().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ reason: "STORAGE_ACCESS_DENIED", retryable: false });
      expect(String(error)).not.toContain("wrong");
    }
  });

  test("an endpoint where nobody listens", async () => {
    const store = open({ endpoint: "http://127.0.0.1:9" });
    const error = await store.check(never).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ reason: "STORAGE_UNAVAILABLE", retryable: true });
  });
});

describe("an archive over a bad network", () => {
  test.each([1, 2, 3])(
    "is whole when the trouble is over (seed %d)",
    async (seed) => {
      const random = new SeededRandom(seed);
      let isBad = true;
      proxy.fault = () =>
        isBad && random.float() < 0.3
          ? STORAGE_FAULTS[random.below(STORAGE_FAULTS.length)]
          : undefined;
      await using bench = await ArchiveBench.open({ store: open({ timeoutMs: SHORT_MS }) });
      for (let round = 0; round < 3; round++) {
        await bench.append("acme", 5);
        await bench.append("globex", 5);
        await bench.until(
          () => bench.archiver.offset > 10 * round || bench.failures.length > 5 * round,
        );
        // Whatever happened so far, the position is not ahead of what is there.
        await bench.stop();
        await bench.start();
      }
      isBad = false;
      await bench.caughtUp();
      // Only the archiver tries again: who reads must not be held up by a busy machine.
      bench.store = open();
      for (const tenantId of ["acme", "globex"]) {
        expect(await bench.archived(tenantId)).toEqual(await bench.logged(tenantId));
      }
      expect(bench.archiver.state().failure).toBeUndefined();
    },
    120_000,
  );
});
