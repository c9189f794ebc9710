import { describe, expect, test } from "bun:test";
import { decodeHuffman } from "./huffman.ts";

function decoded(hex: string): string | undefined {
  const bytes = Buffer.from(hex, "hex");
  const into = Buffer.alloc(2 * bytes.length);
  const end = decodeHuffman(bytes, 0, bytes.length, into);
  return end < 0 ? undefined : into.toString("latin1", 0, end);
}

describe("a text in Huffman's code", () => {
  // RFC 7541, C.4 and C.6.
  test.each([
    ["f1e3c2e5f23a6ba0ab90f4ff", "www.example.com"],
    ["a8eb10649cbf", "no-cache"],
    ["1f", "a"],
    ["25a849e95ba97d7f", "custom-key"],
    ["25a849e95bb8e8b4bf", "custom-value"],
    ["d07abe941054d444a8200595040b8166e082a62d1bff", "Mon, 21 Oct 2013 20:13:21 GMT"],
    ["9d29ad171863c78f0b97c8e9ae82ae43d3", "https://www.example.com"],
    [
      "94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
      "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
    ],
    ["", ""],
  ])("%s", (hex, text) => {
    expect(decoded(hex)).toBe(text);
  });

  test.each([
    ["is padded with zeros", "18"],
    ["is padded with a whole byte", "f1e3c2e5f23a6ba0ab90f4ffff"],
    ["holds the end of a text", "ffffffff"],
    ["breaks off in a long code", "ff"],
  ])("that %s is none", (_what, hex) => {
    expect(decoded(hex)).toBeUndefined();
  });
});
