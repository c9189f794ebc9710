/**
 * HPACK's Huffman code (RFC 7541, appendix B). The code is canonical: the lengths of the
 * codes alone tell it. Decoding walks a table of states, a byte at a time; encoding is not
 * needed, because what this server sends is written out plainly.
 */
import { must } from "../base/assert.ts";

/** Bits of the code of each byte 0 to 255, then of the end of a string: runs of "length x count". */
const LENGTHS =
  "13 23 28x7 24 30 28x2 30 28x8 30 28x9 6 10x2 12 13 6 8 11 10x2 8 11 8 6x3 5x3 6x7 7 8 15 6 12 10 13 6 7x22 8 7 8 13 19 13 14 6 15 5 6 5 6 5 6x3 5 7x2 6x3 5 6 7 6 5x2 6 7x5 15 11 14 13 28 20 22 20x2 22x3 23 22 23x5 24 23 24x2 22 23 24 23x4 21 22 23 22 23x2 24 22 21 20 22x2 23x2 21 23 22x2 24 21 22 23x2 21x2 22 21 23 22 23x2 20 22x3 23 22x2 23 26x2 20 19 22 23 22 25 26x3 27x2 26 24 25 19 21 26 27x2 26 27 24 21x2 26x2 28 27x3 20 24 20 21 22 21x2 23 22x2 25x2 24x2 26 23 26 27 26x2 27x5 28 27x5 26 30";

const END = 256;

/** A node of the code's tree: an inner one has both branches, a leaf the byte that it stands for. */
interface Node {
  branches: [Node | undefined, Node | undefined];
  symbol: number | undefined;
  /** Bits from the root, all of them ones: padding may end here. */
  isPadding: boolean;
  state: number;
}

interface Tables {
  /** For state * 256 + byte: the state after it, or -1 where no string goes on so. */
  readonly next: Int16Array;
  /** For the same: up to two bytes that came out, the second in the higher bits, and their count above. */
  readonly out: Uint32Array;
  /** For each state: whether a string may end in it. */
  readonly ends: Uint8Array;
}

let made: Tables | undefined;

/** Appends what the bits stand for to `into`, from `at` on; answers with where it ends, or -1 when they are no string of the code. */
export function decodeHuffman(
  bytes: Uint8Array,
  from: number,
  to: number,
  into: Uint8Array,
): number {
  made ??= makeTables();
  const { next, out, ends } = made;
  let state = 0;
  let at = 0;
  for (let i = from; i < to; i++) {
    const step = state * 256 + (bytes[i] as number);
    state = next[step] as number;
    if (state < 0) return -1;
    const came = out[step] as number;
    const count = came >>> 16;
    if (count > 0) into[at++] = came & 0xff;
    if (count > 1) into[at++] = (came >>> 8) & 0xff;
  }
  return ends[state] === 1 ? at : -1;
}

/** The most bytes that so many bytes of code can stand for: no code is shorter than five bits. */
export function decodedBytesMax(bytes: number): number {
  return Math.ceil((bytes * 8) / 5);
}

function makeTables(): Tables {
  const { root, inner } = tree();
  const next = new Int16Array(inner.length * 256);
  const out = new Uint32Array(inner.length * 256);
  const ends = new Uint8Array(inner.length);
  for (const node of inner) {
    ends[node.state] = node.isPadding ? 1 : 0;
    for (let byte = 0; byte < 256; byte++) {
      const step = node.state * 256 + byte;
      const came = walk(root, node, byte);
      next[step] = came === undefined ? -1 : came.node.state;
      out[step] = came?.out ?? 0;
    }
  }
  return { next, out, ends };
}

function walk(root: Node, from: Node, byte: number): { node: Node; out: number } | undefined {
  let node = from;
  let out = 0;
  let count = 0;
  for (let bit = 7; bit >= 0; bit--) {
    node = must(node.branches[((byte >> bit) & 1) as 0 | 1], "the code is complete");
    if (node.symbol === undefined) continue;
    // The end of a string is never written: padding is shorter than its code.
    if (node.symbol === END) return undefined;
    out |= node.symbol << (8 * count++);
    node = root;
  }
  return { node, out: out | (count << 16) };
}

function tree(): { root: Node; inner: readonly Node[] } {
  const inner: Node[] = [];
  const grow = (isPadding: boolean): Node => {
    const node: Node = {
      branches: [undefined, undefined],
      symbol: undefined,
      isPadding,
      state: inner.length,
    };
    inner.push(node);
    return node;
  };
  const root = grow(true);
  for (const { symbol, code, length } of codes()) {
    let node = root;
    for (let bit = length - 1; bit > 0; bit--) {
      const branch = ((code >> bit) & 1) as 0 | 1;
      const depth = length - bit;
      node = node.branches[branch] ??= grow(node.isPadding && branch === 1 && depth < 8);
    }
    node.branches[(code & 1) as 0 | 1] = {
      branches: [undefined, undefined],
      symbol,
      isPadding: false,
      state: -1,
    };
  }
  return { root, inner };
}

/** Codes of one length follow each other in the order of their symbols, shorter ones before longer ones. */
function codes(): { symbol: number; code: number; length: number }[] {
  const lengths = LENGTHS.split(" ").flatMap((run) => {
    const [length = 0, count = 1] = run.split("x").map(Number);
    return Array.from({ length: count }, () => length);
  });
  const inOrder = lengths
    .map((length, symbol) => ({ symbol, length }))
    .sort((a, b) => a.length - b.length || a.symbol - b.symbol);
  let code = 0;
  let before = 0;
  return inOrder.map(({ symbol, length }) => {
    code *= 2 ** (length - before);
    before = length;
    return { symbol, length, code: code++ };
  });
}
