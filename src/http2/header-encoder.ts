/**
 * Writes header blocks without a table of our own and without Huffman's code (RFC 7541,
 * 6.2.2): a few bytes more on the wire, no state between answers, nothing to search.
 */
import { assert } from "../base/assert.ts";
import { STATIC_NUMBERS } from "./header-table.ts";

/** Fields of an answer by name, in lower case; a list stands for the same name several times. */
export type OutgoingFields = Record<string, string | number | readonly string[]>;

/** What the numbers in front of a field may take. */
const INTEGERS_BYTES = 16;
/** What the text of a number may take. */
const NUMBER_TEXT_BYTES = 24;

/** The block of these fields is no longer than this. */
export function headersBytesMax(fields: OutgoingFields): number {
  let bytes = 0;
  for (const name in fields) {
    const value = fields[name];
    if (typeof value === "object") {
      for (const each of value) bytes += name.length + each.length + INTEGERS_BYTES;
    } else {
      const length = typeof value === "string" ? value.length : NUMBER_TEXT_BYTES;
      bytes += name.length + length + INTEGERS_BYTES;
    }
  }
  return bytes;
}

/**
 * Writes the block that says these fields, in their order, and answers with where it ends.
 * Throws for a character that does not belong into a field: whoever lets one come so far
 * would let a client write fields of its own.
 */
export function writeHeaders(fields: OutgoingFields, into: Uint8Array, from: number): number {
  let at = from;
  for (const name in fields) {
    const value = fields[name];
    if (typeof value === "object") {
      for (const each of value) at = writeField(name, each, into, at);
    } else at = writeField(name, String(value), into, at);
  }
  return at;
}

function writeField(name: string, value: string, into: Uint8Array, at: number): number {
  if (name === ":status") {
    const whole = STATIC_NUMBERS.get(`:status\0${value}`);
    if (whole !== undefined) return writeInteger(whole, 7, 0x80, into, at);
  }
  const number = STATIC_NUMBERS.get(name) ?? 0;
  let end = writeInteger(number, 4, 0, into, at);
  if (number === 0) end = writeText(name, into, end);
  return writeText(value, into, end);
}

function writeText(text: string, into: Uint8Array, at: number): number {
  const from = writeInteger(text.length, 7, 0, into, at);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    assert((code >= 0x20 || code === 0x09) && code <= 0xff, "a field holds printable latin1");
    into[from + i] = code;
  }
  return from + text.length;
}

/** RFC 7541, 5.1: a number behind a first byte whose higher bits are given. */
function writeInteger(
  value: number,
  prefixBits: number,
  high: number,
  into: Uint8Array,
  from: number,
): number {
  const most = 2 ** prefixBits - 1;
  let at = from;
  if (value < most) {
    into[at++] = high | value;
    return at;
  }
  into[at++] = high | most;
  let rest = value - most;
  while (rest >= 0x80) {
    into[at++] = 0x80 | (rest & 0x7f);
    rest >>>= 7;
  }
  into[at++] = rest;
  return at;
}
