import { describe, expect, test } from "bun:test";
import { RECORD_TYPE } from "../wal.ts";
import { decodeEntry, type Entry, encodeEntry } from "./entry.ts";

const logId = "018bcfe5-6800-7cb8-adfe-747d23673f27";
const placed = { epoch: 3, sequence: 7, offset: 2 ** 40, logTime: 1_700_000_000_000 };
const ENTRIES: readonly Entry[] = [
  { kind: "record", ...placed, type: RECORD_TYPE.record, body: new Uint8Array([1, 0, 255]) },
  { kind: "record", ...placed, type: RECORD_TYPE.record, body: new Uint8Array(0) },
  { kind: "claim", ...placed, logId, claimId: "00112233445566778899aabbccddeeff" },
  { kind: "mark", ...placed, logId, at: 12_345n },
  { kind: "mark", ...placed, logId, at: 2n ** 186n - 1n },
  {
    kind: "part",
    ...placed,
    type: RECORD_TYPE.record,
    part: 2,
    parts: 5,
    body: new Uint8Array([7]),
  },
];

describe("a message of the partition", () => {
  test.each(ENTRIES.map((entry) => [entry.kind, entry] as const))(
    "a %s comes back as it was, and not with any byte changed",
    (_kind, entry) => {
      const bytes = encodeEntry(entry);
      const found = decodeEntry(bytes);
      const body = found && "body" in found ? { body: new Uint8Array(found.body) } : {};
      expect({ ...found, ...body }).toEqual({ ...entry });
      for (let at = 0; at < bytes.length; at++) {
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] ?? 0) ^ 1;
        expect(decodeEntry(damaged)).toBeUndefined();
      }
      for (let length = 0; length < bytes.length; length++) {
        expect(decodeEntry(bytes.subarray(0, length))).toBeUndefined();
      }
    },
  );

  test("the bytes of each kind, for ever", () => {
    const placedHex = "0000000000000003000000000000000700000100000000000000018bcfe56800";
    const logIdHex = logId.replaceAll("-", "");
    expect(ENTRIES.map((entry) => encodeEntry(entry).toString("hex"))).toEqual([
      `0994b5f401010100${placedHex}0100ff`,
      `bb457e9101010100${placedHex}`,
      `b7947d3301020000${placedHex}${logIdHex}00112233445566778899aabbccddeeff`,
      `2783754b01030000${placedHex}${logIdHex}0000000000003039`,
      `2be5c67901030000${placedHex}${logIdHex}03${"ff".repeat(23)}`,
      `47f0776001040100${placedHex}0002000507`,
    ]);
  });
});
