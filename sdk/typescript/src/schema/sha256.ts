/**
 * SHA-256, synchronous and everywhere: the one that browsers have is asynchronous, and only
 * there on pages that came over TLS. For short texts; it is not made to be fast.
 */
const ROUNDS = 64;

/** The fractional parts of the square roots (start) and cube roots (rounds) of the first primes. */
const START: number[] = [];
const ROUND: number[] = [];
for (let candidate = 2; ROUND.length < ROUNDS; candidate++) {
  let prime = true;
  for (let factor = 2; factor * factor <= candidate; factor++) {
    if (candidate % factor === 0) prime = false;
  }
  if (!prime) continue;
  if (START.length < 8) START.push(fraction(candidate ** (1 / 2)));
  ROUND.push(fraction(candidate ** (1 / 3)));
}

function fraction(root: number): number {
  return Math.floor((root - Math.floor(root)) * 2 ** 32) >>> 0;
}

/** The hash of a text's UTF-8, in lower-case hexadecimal. */
export function sha256Hex(text: string): string {
  const message = new TextEncoder().encode(text);
  const blocks = Math.ceil((message.length + 9) / 64);
  const padded = new Uint8Array(blocks * 64);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(message.length) * 8n);
  const hash = Uint32Array.from(START);
  for (let block = 0; block < blocks; block++) addBlock(hash, view, block * 64);
  return Array.from(hash, (word) => word.toString(16).padStart(8, "0")).join("");
}

const schedule = new Uint32Array(ROUNDS);

function addBlock(hash: Uint32Array, view: DataView, offset: number): void {
  for (let i = 0; i < 16; i++) schedule[i] = view.getUint32(offset + i * 4);
  for (let i = 16; i < ROUNDS; i++) {
    const early = at(schedule, i - 15);
    const late = at(schedule, i - 2);
    const s0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
    const s1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
    schedule[i] = at(schedule, i - 16) + s0 + at(schedule, i - 7) + s1;
  }
  const state = Uint32Array.from(hash);
  for (let i = 0; i < ROUNDS; i++) {
    const [a, b, c, d] = [at(state, 0), at(state, 1), at(state, 2), at(state, 3)];
    const [e, f, g, h] = [at(state, 4), at(state, 5), at(state, 6), at(state, 7)];
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const first = h + s1 + ((e & f) ^ (~e & g)) + (ROUND[i] ?? 0) + at(schedule, i);
    const second = s0 + ((a & b) ^ (a & c) ^ (b & c));
    state.set([first + second, a, b, c, d + first, e, f, g]);
  }
  for (let i = 0; i < 8; i++) hash[i] = at(hash, i) + at(state, i);
}

function at(words: Uint32Array, index: number): number {
  return words[index] ?? 0;
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}
