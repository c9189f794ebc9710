import { assert } from "./assert.ts";
import type { Random } from "./random.ts";

/**
 * Ids of nodes and edges: "nd_" or "ed_", then the 16 bytes of a UUIDv7 as 26
 * lower-case Crockford base32 characters (130 bits, the first two always 0). They sort
 * by the time they were made. A client may propose its own of the same grammar.
 */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const ID_GRAMMAR = /^(nd|ed)_[0-7][0-9a-hjkmnp-tv-z]{25}$/;
const codes = Array.from(ALPHABET);

/** Whether the text is a node's id, in form. */
export function isNodeId(text: string): boolean {
  return text.length === 29 && text.charCodeAt(0) === 0x6e && ID_GRAMMAR.test(text);
}

/** Whether the text is an edge's id, in form. */
export function isEdgeId(text: string): boolean {
  return text.length === 29 && text.charCodeAt(0) === 0x65 && ID_GRAMMAR.test(text);
}

export function makeNodeId(random: Random, nowMs: number): string {
  return `nd_${base32(random.uuidv7(nowMs))}`;
}

export function makeEdgeId(random: Random, nowMs: number): string {
  return `ed_${base32(random.uuidv7(nowMs))}`;
}

/** What an event is called that came without an id: a UUIDv7 in its usual form. */
export function makeEventId(random: Random, nowMs: number): string {
  const hex = Buffer.from(random.uuidv7(nowMs)).toString("hex");
  return [8, 12, 16, 20, 32].map((end, i, ends) => hex.slice(ends[i - 1] ?? 0, end)).join("-");
}

/** 16 bytes as 26 characters, most significant first. */
export function base32(bytes: Uint8Array): string {
  assert(bytes.length === 16, "an id is made from 16 bytes");
  // 16 bytes are 25 characters of 5 bits and 3 bits more, which come first.
  let text = codes[(bytes[0] as number) >> 5] as string;
  let held = (bytes[0] as number) & 0x1f;
  let bits = 5;
  for (let i = 1; i < 16; i++) {
    held = (held << 8) | (bytes[i] as number);
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += codes[(held >> bits) & 0x1f] as string;
      held &= (1 << bits) - 1;
    }
  }
  return text;
}
