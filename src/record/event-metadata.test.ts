import { describe, expect, test } from "bun:test";
import { create, fromBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { EventMetadataSchema } from "../../gen/eventstore/v1/eventstore_pb.ts";
import { bytesOf, hexOf, readGolden } from "../../test/harness/golden.ts";
import { MalformedBytesError } from "../base/bytes.ts";
import type { EventMetadata } from "./event.ts";
import { decodeEventMetadata, encodeEventMetadata, NO_METADATA } from "./event-metadata.ts";

interface Vector {
  readonly name: string;
  readonly metadata: {
    readonly timestampUnixMs?: string;
    readonly payloadSha256?: string;
    readonly headers?: Readonly<Record<string, string>>;
  };
  readonly hex: string;
}

const { vectors } = readGolden<{ readonly vectors: readonly Vector[] }>("event-metadata.json");

function metadataOf({ metadata }: Vector): EventMetadata {
  const { timestampUnixMs = "0", payloadSha256 = "", headers = {}, ...texts } = metadata;
  return {
    ...NO_METADATA,
    ...texts,
    timestampUnixMs: BigInt(timestampUnixMs),
    payloadSha256: bytesOf(payloadSha256),
    headers: new Map(Object.entries(headers)),
  };
}

const text = fc.string({ unit: "grapheme" });
const random: fc.Arbitrary<EventMetadata> = fc.record({
  eventVersion: fc.nat(2 ** 32 - 1),
  contentType: text,
  contentSchema: text,
  correlationId: text,
  causationId: text,
  actorId: text,
  timestampUnixMs: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  payloadSha256: fc.uint8Array({ maxLength: 40 }),
  headers: fc.array(fc.tuple(text, text), { maxLength: 4 }).map((entries) => new Map(entries)),
});

describe("golden metadata", () => {
  test.each(vectors.map((vector) => [vector.name, vector] as const))("%s", (_name, vector) => {
    expect(hexOf(encodeEventMetadata(metadataOf(vector)))).toBe(vector.hex);
    expect(decodeEventMetadata(bytesOf(vector.hex))).toEqual(metadataOf(vector));
  });
});

describe("metadata", () => {
  test("reads back whole", () => {
    fc.assert(
      fc.property(random, (metadata) => {
        expect(decodeEventMetadata(encodeEventMetadata(metadata))).toEqual(metadata);
      }),
    );
  });

  test("are the fields of the wire's message, as its clients read them", () => {
    fc.assert(
      fc.property(random, (metadata) => {
        const message = fromBinary(EventMetadataSchema, encodeEventMetadata(metadata));
        const { headers, ...rest } = metadata;
        const said = { ...rest, headers: Object.fromEntries(headers) };
        expect(message).toEqual(create(EventMetadataSchema, said));
      }),
    );
  });

  test("that are equal are equal bytes, in whatever order their headers came", () => {
    const headers = [
      ["b", "1"],
      ["a", "2"],
    ] as const;
    const one = encodeEventMetadata({ ...NO_METADATA, headers: new Map(headers) });
    const two = encodeEventMetadata({ ...NO_METADATA, headers: new Map([...headers].reverse()) });
    expect(one).toEqual(two);
  });

  test.each(["30", "3a05", "68ffffffffffffffffff7f", "82010a"])("are not in %p", (hex) => {
    expect(() => decodeEventMetadata(bytesOf(hex))).toThrow(MalformedBytesError);
  });
});
