import { AssertionError } from "../base/assert.ts";
import type { Value } from "./value.ts";

/**
 * The order of values, the same in memory, in the index rows (SQLite's BINARY collation
 * over UTF-8) and on every surface.
 */

/**
 * Negative, 0 or positive, for two values of one kind that has an order: numbers by
 * size, false before true, enums by ordinal, text by UTF-8 bytes, bytes as unsigned
 * numbers. Throws `AssertionError` for null, lists, JSON, and two different kinds.
 */
export function compareValues(a: Value, b: Value): number {
  switch (a.kind) {
    case "str":
    case "ref":
      if (b.kind === a.kind) return compareText(a.value, b.value);
      break;
    case "bytes":
      if (b.kind === "bytes") return Buffer.compare(a.value, b.value);
      break;
    case "bool":
    case "enum":
    case "float":
      if (b.kind === a.kind) return Number(a.value) - Number(b.value);
      break;
    case "int":
    case "timestamp":
      if (b.kind === a.kind) return a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
      break;
    case "null":
    case "list_str":
    case "list_int":
    case "json":
      break;
  }
  throw new AssertionError(`no order between ${a.kind} and ${b.kind}`);
}

/**
 * Order of two texts by their UTF-8 bytes, which is the order of their code points.
 * JavaScript's own order is by UTF-16 units, where a character beyond U+FFFF comes
 * before those from U+E000 to U+FFFF.
 */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Moves the surrogates behind the rest of the 16-bit range. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
