/**
 * The codec is written out by hand; the proto is what it must agree with. Random records are
 * encoded by one and decoded by the other, both ways, against the generated code.
 */

import { describe, expect, test } from "bun:test";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { RecordSchema } from "../../gen/entdb/wal/v1/record_pb.ts";
import { randomRecord } from "../../test/harness/random-records.ts";
import { recordMessage } from "../../test/harness/record-messages.ts";
import { decodeRecord, encodeRecord } from "./codec.ts";

describe("a record's bytes", () => {
  test("are those of the generated code, byte by byte", () => {
    fc.assert(
      fc.property(randomRecord, (wanted) => {
        expect(Buffer.from(encodeRecord(wanted))).toEqual(
          Buffer.from(toBinary(RecordSchema, recordMessage(wanted))),
        );
      }),
    );
  });

  test("read back as the record", () => {
    fc.assert(
      fc.property(randomRecord, ({ body, ...envelope }) => {
        const { decodeBody, ...found } = decodeRecord(encodeRecord({ ...envelope, body }));
        expect(found).toEqual(envelope);
        expect(decodeBody()).toEqual(body);
      }),
    );
  });

  test("cut short anywhere are never another record", () => {
    fc.assert(
      fc.property(randomRecord, fc.double({ min: 0, max: 1, noNaN: true }), (wanted, place) => {
        const whole = encodeRecord(wanted);
        const cut = whole.slice(0, Math.floor((whole.length - 1) * place));
        let bytes: Uint8Array | undefined;
        try {
          const { decodeBody, ...envelope } = decodeRecord(cut);
          bytes = encodeRecord({ ...envelope, body: decodeBody() });
        } catch {
          return;
        }
        // Between two fields a cut shows only in what is missing.
        expect(fromBinary(RecordSchema, bytes)).toEqual(fromBinary(RecordSchema, cut));
      }),
    );
  });
});

describe("fields of a later version", () => {
  test("are passed over wherever they stand, of every wire type", () => {
    const later = new Uint8Array([
      ...[0xf0, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], // 30: 2^64 - 1
      ...[0xf1, 0x01, 1, 2, 3, 4, 5, 6, 7, 8], // 30: fixed64
      ...[0xf2, 0x01, 0x02, 9, 9], // 30: bytes
      ...[0xf5, 0x01, 1, 2, 3, 4], // 30: fixed32
      ...[0x92, 0x01, 0x00], // 18: bytes
    ]);
    fc.assert(
      fc.property(randomRecord, ({ body, ...envelope }) => {
        const bytes = encodeRecord({ ...envelope, body });
        for (const mixed of [
          [...later, ...bytes],
          [...bytes, ...later],
        ]) {
          const { decodeBody, ...found } = decodeRecord(new Uint8Array(mixed));
          expect(found).toEqual(envelope);
          expect(decodeBody()).toEqual(body);
        }
      }),
    );
  });

  test("of a wire type that protobuf has given up are damage", () => {
    expect(() => decodeRecord(new Uint8Array([0x7b]))).toThrow("a field with tag 123");
  });
});
