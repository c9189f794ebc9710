import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { HeaderDecoder } from "./header-decoder.ts";
import { headersBytesMax, type OutgoingFields, writeHeaders } from "./header-encoder.ts";
import { ConnectionError, ErrorCode } from "./protocol.ts";

const block = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex");
const ASKED = [":method", "GET", ":scheme", "http", ":path", "/", ":authority", "www.example.com"];
const ASKED_SAFELY = [":method", "GET", ":scheme", "https", ":path", "/index.html"];

describe("the blocks of one connection", () => {
  // RFC 7541, C.3 and C.4: the same three requests, plainly and in Huffman's code.
  test.each([
    [
      "plain",
      "828684410f7777772e6578616d706c652e636f6d",
      "828684be58086e6f2d6361636865",
      "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
    ],
    [
      "Huffman",
      "828684418cf1e3c2e5f23a6ba0ab90f4ff",
      "828684be5886a8eb10649cbf",
      "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
    ],
  ])("add to the table (%s)", (_code, first, second, third) => {
    const decoder = new HeaderDecoder(16_384);
    expect(decoder.decode(block(first)).fields).toEqual(ASKED);
    expect(decoder.decode(block(second)).fields).toEqual([...ASKED, "cache-control", "no-cache"]);
    expect(decoder.decode(block(third)).fields).toEqual([
      ...ASKED_SAFELY,
      ...[":authority", "www.example.com", "custom-key", "custom-value"],
    ]);
  });

  test("mean by the same bytes what the table holds by now", () => {
    const decoder = new HeaderDecoder(16_384);
    decoder.decode(block("4001610131")); // a: 1, kept
    const newest = block("be");
    expect(decoder.decode(newest).fields).toEqual(["a", "1"]);
    expect(decoder.decode(newest).fields).toEqual(["a", "1"]);
    decoder.decode(block("4001620132")); // b: 2, kept
    expect(decoder.decode(newest).fields).toEqual(["b", "2"]);
  });

  test("lose the oldest fields when the table is full", () => {
    const decoder = new HeaderDecoder(16_384);
    decoder.decode(block("3f0d 4001610131 4001620132")); // 44 bytes: one field of 34
    expect(decoder.decode(block("be")).fields).toEqual(["b", "2"]);
    expect(() => decoder.decode(block("bf"))).toThrow(ConnectionError);
  });

  test("that are remembered are looked through as a request once", () => {
    const decoder = new HeaderDecoder(16_384);
    decoder.decode(block("828684410f7777772e6578616d706c652e636f6d"));
    const again = block("828684be");
    expect(decoder.decode(again).request).toBe(decoder.decode(again).request);
  });

  test("that say more than is taken are told from others, and still fill the table", () => {
    const decoder = new HeaderDecoder(100);
    const list = decoder.decode(block("4001610131 bebebebebebe"));
    expect(list.isTooLarge).toBe(true);
    expect(list.fields).toEqual(["a", "1", "a", "1"]);
    expect(decoder.decode(block("be")).fields).toEqual(["a", "1"]);
  });
});

describe("a block that is none", () => {
  test.each([
    ["number 0", "80"],
    ["a number of no field", "be"],
    ["a number that goes on and on", "ffffffffffffffffff"],
    ["a text longer than the block", "400a61"],
    ["an end in the middle of a number", "ff"],
    ["a broken code", "4084ffffffff0131"],
    ["a table larger than was offered", "3fe21f"],
    ["a table that is resized behind a field", "8220"],
  ])("has %s", (_what, hex) => {
    const decode = () => new HeaderDecoder(16_384).decode(block(hex));
    expect(decode).toThrow(ConnectionError);
    try {
      decode();
    } catch (error) {
      expect((error as ConnectionError).code).toBe(ErrorCode.compressionError);
    }
  });

  test("ends in an error of the connection whatever its bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 5 }), (blocks) => {
        const decoder = new HeaderDecoder(16_384);
        try {
          for (const bytes of blocks) decoder.decode(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(ConnectionError);
        }
      }),
    );
  });
});

describe("what is written", () => {
  const written = (fields: OutgoingFields) => {
    const into = Buffer.alloc(headersBytesMax(fields));
    return into.subarray(0, writeHeaders(fields, into, 0));
  };
  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,40}$/);
  const value = fc.stringMatching(/^[!-~\u00a1-\u00ff]{0,300}$/);

  test("is read as it was meant", () => {
    fc.assert(
      fc.property(fc.dictionary(name, value), (fields) => {
        const list = new HeaderDecoder(1_000_000).decode(written({ ":status": 200, ...fields }));
        expect(list.fields).toEqual([":status", "200", ...Object.entries(fields).flat()]);
      }),
    );
  });

  test("says a name as often as it has values, and any status", () => {
    const bytes = written({ ":status": 415, vary: ["a", "b"] });
    const { fields } = new HeaderDecoder(16_384).decode(bytes);
    expect(fields).toEqual([":status", "415", "vary", "a", "vary", "b"]);
  });

  test.each(["a\r\nb: c", "a\0", "\u010d\u010a"])("is never %j", (text) => {
    expect(() => written({ a: text })).toThrow("printable");
  });
});
