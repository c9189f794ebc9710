/**
 * The thread of a backup. Goal: what it makes is what would be made here, and nobody waits for it
 * whom it does not serve. Method: segments and files around the sizes that matter, in real threads.
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { linkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../test/harness/temporary-directory.ts";
import { systemClock } from "../base/clock.ts";
import { systemRandom } from "../base/random.ts";
import { encodeRecord } from "../record/codec.ts";
import { BackupThread } from "./backup-thread.ts";
import { packSegment, type RawSegment } from "./pack-segment.ts";
import { type UnpackedSegment, unpackSegment } from "./unpack-segment.ts";

const never = new AbortController().signal;
const MiB = 1024 * 1024;
const FAST = 10_000 * MiB;

let thread: BackupThread;
let place: TemporaryDirectory;

beforeEach(() => {
  thread = new BackupThread({ clock: systemClock });
  place = temporaryDirectory();
});
afterEach(() => {
  thread.close();
  place[Symbol.dispose]();
});

function segmentOf(bodyBytes: number): RawSegment {
  const body = new Uint8Array(new SharedArrayBuffer(bodyBytes));
  body.set(systemRandom.bytes(bodyBytes));
  return {
    ...{ tenantId: "acme", incarnation: 1, bodies: [body] },
    offsets: Float64Array.of(7),
    logTimes: Float64Array.of(1_700_000_000_000),
    sizes: Float64Array.of(bodyBytes),
  };
}

describe("segments", () => {
  test.each([0, 1, 8 * 1024, MiB])(
    "with %d bytes are made as they would be here",
    async (bytes) => {
      const segment = segmentOf(bytes);
      const packed = await thread.pack(segment);
      expect({ ...packed, bytes: [...packed.bytes] }).toEqual({
        ...packSegment(segment),
        bytes: [...packSegment(segment).bytes],
      });
    },
  );

  test("that are small need no thread", async () => {
    const start = (): never => {
      throw new Error("a thread is started");
    };
    const none = new BackupThread({ clock: systemClock, start });
    await none.pack(segmentOf(1_000));
    await expect(none.pack(segmentOf(100_000))).rejects.toThrow("a thread is started");
  });
});

describe("stored segments", () => {
  /** Random bodies, so that they are about as long when they are compressed. */
  const storedOf = (bodyBytes: number) => {
    const body = encodeRecord({
      ...{ rulesVersion: 1, tenantId: "acme", incarnation: 1, actor: "user:alice", roles: [] },
      ...{ credential: "", idempotencyKey: "k", serverMadeKey: false },
      requestHash: systemRandom.bytes(bodyBytes),
      body: { kind: "transaction", operations: [], attachedSchema: undefined },
    });
    const numbers = { offsets: Float64Array.of(7), logTimes: Float64Array.of(1_700_000_000_000) };
    const sizes = Float64Array.of(body.length);
    const raw = { tenantId: "acme", incarnation: 1, ...numbers, sizes, bodies: [body] };
    return { tenantId: "acme", bytes: packSegment(raw).bytes };
  };

  /** Small enough to be compared. */
  const hashed = ({ records, lineBytes }: UnpackedSegment) => ({
    ...{ ...records, lineBytes },
    bodies: new Bun.CryptoHasher("sha256")
      .update(records.bodies.subarray(0, records.ends.at(-1)))
      .digest("hex"),
  });

  test.each([0, 8 * 1024, MiB])("with %d bytes are read as they would be here", async (bytes) => {
    const stored = storedOf(bytes);
    expect(hashed(await thread.unpack(stored))).toEqual(hashed(unpackSegment(stored)));
    const [foreign] = await Promise.allSettled([thread.unpack({ ...stored, tenantId: "globex" })]);
    expect(foreign).toMatchObject({ status: "rejected" });
    expect(String((foreign as PromiseRejectedResult).reason)).toContain("another tenant's");
  });

  test("are read where there is no thread", async () => {
    const start = (): never => {
      throw new Error("no thread can be started");
    };
    const none = new BackupThread({ clock: systemClock, start });
    const stored = storedOf(MiB);
    expect(hashed(await none.unpack(stored))).toEqual(hashed(unpackSegment(stored)));
    thread.close();
    expect(hashed(await thread.unpack(stored))).toEqual(hashed(unpackSegment(stored)));
  });
});

describe("files", () => {
  const file = (name: string, bytes: Uint8Array) => {
    const path = join(place.path, name);
    writeFileSync(path, bytes);
    return path;
  };
  const compare = (one: string, other: string) => thread.compare(one, other, FAST, never);

  test.each([0, 1, MiB - 1, MiB, 3 * MiB + 1])(
    "of %d bytes are the same, or not",
    async (bytes) => {
      const content = systemRandom.bytes(bytes);
      const sha256 = new Bun.CryptoHasher("sha256").update(content).digest("hex");
      const one = file("one", content);
      const link = join(place.path, "link");
      linkSync(one, link);
      expect(await compare(one, file("other", content))).toBe(sha256);
      expect(await compare(one, link)).toBe(sha256);
      expect(
        await compare(one, file("longer", Buffer.concat([content, Buffer.of(0)]))),
      ).toBeUndefined();
      if (bytes === 0) return;
      const changed = Uint8Array.from(content);
      changed[bytes - 1] = (changed[bytes - 1] ?? 0) ^ 1;
      expect(await compare(one, file("changed", changed))).toBeUndefined();
    },
  );

  test("that are not there are told", async () => {
    await expect(compare(join(place.path, "none"), file("one", Buffer.of(1)))).rejects.toThrow(
      "ENOENT",
    );
  });

  test("are read no further when they are wanted no more", async () => {
    const path = file("large", new Uint8Array(64 * MiB));
    const wanted = new AbortController();
    // At this pace it would take an hour.
    const comparing = thread.compare(path, path, 16 * 1024, wanted.signal);
    wanted.abort(new Error("enough"));
    await expect(comparing).rejects.toThrow("enough");
  });
});
