import { describe, expect, test } from "bun:test";
import { SeededRandom } from "../../test/harness/seeded-random.ts";
import { AssertionError } from "../base/assert.ts";
import { formatLogId, isLogId, logIdBytes, newLogId } from "./log-id.ts";

describe("a log's id", () => {
  test("is text and sixteen bytes, both ways", () => {
    const logId = newLogId(new SeededRandom(1), 1_700_000_000_000);
    expect(isLogId(logId)).toBe(true);
    expect(logIdBytes(logId)).toHaveLength(16);
    expect(formatLogId(logIdBytes(logId))).toBe(logId);
    expect(newLogId(new SeededRandom(2), 1_700_000_000_000)).not.toBe(logId);
  });

  test("is nothing else", () => {
    for (const text of [
      "",
      "x",
      "01A1FCF0-6B41-76C4-A754-C0DDEEA850FC",
      "01a1fcf06b4176c4a754c0ddeea850fc",
    ]) {
      expect(isLogId(text)).toBe(false);
      expect(() => logIdBytes(text)).toThrow(AssertionError);
    }
    expect(() => formatLogId(new Uint8Array(15))).toThrow(AssertionError);
  });
});
