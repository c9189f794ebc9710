/**
 * Filed event ids as numbers of 64 bits: the hash of the id (40 bits), and behind it where its
 * event stands in a window of 16,777,216 (24 bits). So sorted entries are in the order of hashes,
 * and entries of several runs are put together without a look inside.
 *
 * As bytes they are as the processor has them: the lowest first on all that EntDB runs on.
 */
import { firstIndex } from "../../base/first-index.ts";

/** Of a hash. */
export const HASH_BITS = 40;
/** Events of a window. */
export const WINDOW = 2 ** 24;

/** The upper word of an entry holds all of a hash but so many of its values. */
const LOWER_PART = 2 ** 8;

const digest = new Uint8Array(32);
const view = new DataView(digest.buffer);

/** The beginning of SHA-256: whoever makes ids that have the same makes few of them. */
export function hashOf(eventId: string): number {
  Bun.SHA256.hash(eventId, digest);
  return view.getUint32(0) * LOWER_PART + view.getUint8(4);
}

/** Entries of the events from this one on, by their hashes. */
export function entriesOf(firstNonce: number, hashes: readonly number[]): BigUint64Array {
  const entries = new BigUint64Array(hashes.length);
  const words = new Uint32Array(entries.buffer);
  const first = (firstNonce - 1) % WINDOW;
  for (const [i, hash] of hashes.entries()) {
    words[2 * i] = (hash % LOWER_PART) * WINDOW + first + i;
    words[2 * i + 1] = Math.floor(hash / LOWER_PART);
  }
  return entries;
}

/** Hashes of the entries that these bytes are. */
export function hashesOf(bytes: Uint8Array): number[] {
  const words = wordsOf(bytes);
  const hashes: number[] = [];
  for (let i = 0; i < words.length; i += 2) {
    hashes.push(wordAt(words, i + 1) * LOWER_PART + Math.floor(wordAt(words, i) / WINDOW));
  }
  return hashes;
}

/** Places in the window of those entries, which are sorted, that have the hash. */
export function placesOf(hash: number, bytes: Uint8Array): number[] {
  const words = wordsOf(bytes);
  const upper = Math.floor(hash / LOWER_PART);
  const places: number[] = [];
  for (let i = 2 * firstOf(words, upper); wordAt(words, i + 1) === upper; i += 2) {
    const lower = wordAt(words, i);
    if (Math.floor(lower / WINDOW) === hash % LOWER_PART) places.push(lower % WINDOW);
  }
  return places;
}

/** The first entry whose upper word is not below this one; as many as there are: none is. */
function firstOf(words: Uint32Array, upper: number): number {
  return firstIndex(0, words.length / 2, (i) => wordAt(words, 2 * i + 1) >= upper);
}

function wordsOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

function wordAt(words: Uint32Array, i: number): number {
  return words[i] as number;
}
