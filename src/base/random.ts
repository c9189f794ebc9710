/** Randomness, injected, so that a test can replay a run from its printed seed. */
export interface Random {
  /** Fresh random bytes. */
  bytes(length: number): Uint8Array;
  /** A version 7 UUID for the given Unix milliseconds, as 16 bytes. Grows within one process and millisecond. */
  uuidv7(nowMs: number): Uint8Array;
  /** A number in [0, 1). */
  float(): number;
}

export const systemRandom: Random = {
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  uuidv7: (nowMs) => Bun.randomUUIDv7("buffer", nowMs),
  float: () => Math.random(),
};
