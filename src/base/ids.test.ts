import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { SeededRandom } from "../../test/harness/seeded-random.ts";
import { base32, isEdgeId, isNodeId, makeEdgeId, makeNodeId } from "./ids.ts";
import { systemRandom } from "./random.ts";

const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));

describe("an id", () => {
  test("is its prefix and 128 bits as 26 characters, the most significant first", () => {
    expect(base32(bytesOf("00".repeat(16)))).toBe("0".repeat(26));
    expect(base32(bytesOf("ff".repeat(16)))).toBe(`7${"z".repeat(25)}`);
    expect(base32(bytesOf(`${"00".repeat(15)}01`))).toBe(`${"0".repeat(25)}1`);
    expect(base32(bytesOf(`80${"00".repeat(15)}`))).toBe(`4${"0".repeat(25)}`);
    expect(base32(bytesOf("018bcfe568007c7f8a9e0123456789ab"))).toBe("01hf7yat00fhzrn7g14d2pf2db");
  });

  test("reads back as the number that it was", () => {
    const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const number = [...base32(bytes)].reduce(
          (sum, character) => sum * 32n + BigInt(alphabet.indexOf(character)),
          0n,
        );
        expect(number).toBe(BigInt(`0x${Buffer.from(bytes).toString("hex")}`));
      }),
    );
  });

  test("made later sorts later, by code units as by bytes", () => {
    const random = new SeededRandom(1);
    let last = "";
    for (const now of [0, 1, 999, 1_700_000_000_000, 2 ** 47, 2 ** 48 - 1]) {
      const id = makeNodeId(random, now);
      expect(id > last).toBe(true);
      last = id;
    }
  });

  test("differs from every other one made in the same millisecond", () => {
    const ids = Array.from({ length: 10_000 }, () => makeNodeId(systemRandom, 1_700_000_000_000));
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids].sort()).toEqual(ids);
  });
});

describe("the grammar", () => {
  const node = makeNodeId(new SeededRandom(1), 1_700_000_000_000);
  const edge = makeEdgeId(new SeededRandom(1), 1_700_000_000_000);

  test("takes what was made, each for what it is", () => {
    expect([isNodeId(node), isEdgeId(node)]).toEqual([true, false]);
    expect([isNodeId(edge), isEdgeId(edge)]).toEqual([false, true]);
    expect(isNodeId(`nd_7${"z".repeat(25)}`)).toBe(true);
  });

  test.each([
    ["empty", ""],
    ["the prefix alone", "nd_"],
    ["too short", node.slice(0, -1)],
    ["too long", `${node}0`],
    ["upper case", node.toUpperCase()],
    ["a prefix in upper case", node.replace("nd_", "ND_")],
    ["another prefix", node.replace("nd_", "nx_")],
    ["without the line", node.replace("nd_", "nd-")],
    ["beyond 128 bits", `nd_8${"0".repeat(25)}`],
    ["a letter that the alphabet lacks: i", `${node.slice(0, -1)}i`],
    ["l", `${node.slice(0, -1)}l`],
    ["o", `${node.slice(0, -1)}o`],
    ["u", `${node.slice(0, -1)}u`],
    ["a blank", `${node.slice(0, -1)} `],
    ["a line end", `${node.slice(0, -1)}\n`],
    ["a digit of another script", `${node.slice(0, -1)}٣`],
  ])("refuses what is %s", (_what, text) => {
    expect(isNodeId(text)).toBe(false);
    expect(isEdgeId(text.replace("nd", "ed"))).toBe(false);
  });
});
