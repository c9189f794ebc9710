/**
 * What a segment is made of. Goal: the same records are the same bytes, for ever, wherever they
 * are made. Method: lines written out by hand, and what was stored before lines were made elsewhere.
 */
import { expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { RECORD_TYPE } from "../wal/wal.ts";
import { archiveLine, archiveLineBytes } from "./archived-record.ts";
import { packSegment, type RawSegment } from "./pack-segment.ts";

interface Given {
  readonly logTime: number;
  readonly body: Uint8Array;
}

/** Records from an offset on, their bodies cut where the test says. */
function rawOf(records: readonly Given[], firstOffset: number, pieceBytes: number): RawSegment {
  const content = Buffer.concat(records.map(({ body }) => body));
  const bodies: Uint8Array[] = [];
  for (let at = 0; at < content.length; at += pieceBytes) {
    bodies.push(content.subarray(at, at + pieceBytes));
  }
  return {
    ...{ tenantId: "acme", incarnation: 12, bodies },
    offsets: Float64Array.from(records, (_, i) => firstOffset + i),
    logTimes: Float64Array.from(records, ({ logTime }) => logTime),
    sizes: Float64Array.from(records, ({ body }) => body.length),
  };
}

const count = fc.oneof(
  fc.nat(1_000),
  fc.maxSafeNat(),
  fc.nat(15).map((n) => 10 ** n),
);

test("holds a line of each record, and says how long they are", () => {
  const records = fc.array(fc.record({ logTime: count, body: fc.uint8Array({ maxLength: 100 }) }), {
    minLength: 1,
    maxLength: 30,
  });
  fc.assert(
    fc.property(records, count, fc.integer({ min: 1, max: 50 }), (given, first, pieceBytes) => {
      const offset = Math.min(first, Number.MAX_SAFE_INTEGER - given.length);
      const { bytes, lineBytes, sha256 } = packSegment(rawOf(given, offset, pieceBytes));
      const lines = given
        .map(({ logTime, body }, i) => {
          const base64 = Buffer.from(body).toString("base64");
          return `{"offset":${offset + i},"log_time":${logTime},"type":1,"tenant_id":"acme","incarnation":12,"body":"${base64}"}\n`;
        })
        .join("");
      expect(gunzipSync(bytes).toString()).toBe(lines);
      expect(lineBytes).toBe(lines.length);
      expect(sha256).toBe(new Bun.CryptoHasher("sha256").update(bytes).digest("hex"));
    }),
  );
});

test("the length of a line is known before it is made", () => {
  const body = fc.uint8Array({ maxLength: 40 });
  const owner = fc.record({
    tenantId: fc.stringMatching(/^[a-z0-9-]{0,64}$/),
    incarnation: count,
  });
  fc.assert(
    fc.property(count, count, body, owner, (offset, logTime, bytes, whose) => {
      const record = { offset, logTime, type: RECORD_TYPE.record, body: bytes };
      const { length } = archiveLine(record, whose);
      expect(archiveLineBytes(offset, logTime, bytes.length, whose)).toBe(length);
    }),
  );
});

test("is stored as it was when lines were still made record by record", () => {
  const given = Array.from({ length: 3_000 }, (_, i) => ({
    logTime: 1_705_320_000_000 + 7 * i,
    body: new Bun.CryptoHasher("sha512").update(`record ${i}`).digest(),
  }));
  const { sha256, lineBytes } = packSegment(rawOf(given, 98_765, 4_096));
  expect({ sha256, lineBytes }).toEqual({
    sha256: "11f52168fbdc974cd0c88c90fde8b960aaa6f2be3dbe5088e5842fca2d2a443f",
    lineBytes: 556_765,
  });
});
