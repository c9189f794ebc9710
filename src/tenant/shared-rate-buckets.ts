/**
 * Buckets in memory that several threads share. A bucket is one number, the time at which it
 * will be full again: a token taken moves it on by the time that a token takes to come back,
 * and a compare-and-exchange makes that one step, whoever else takes at the same moment. No
 * thread ever waits for another, so one that dies leaves nothing locked.
 *
 * A bucket's place is found by a hash of its name and its rate. A place whose bucket is full
 * is free, because a bucket that is made anew is full; when none is free near by, the one
 * that is full soonest is forgotten, which takes more buckets in use at once than
 * `limits.rateBuckets`. All threads must tell the same monotonic time.
 */
import { limits } from "../base/limits.ts";
import {
  type Bucket,
  type BucketKind,
  type Rate,
  type RateBuckets,
  sizeOf,
} from "./rate-buckets.ts";

/** Words of one place: the name's hash, and when the bucket is full (nanoseconds). */
const WORDS = 2;
/** A table that is half empty has a free place among so many. */
const PROBES = 16;
/** The first power of two that leaves half of the places free: tenants and credentials share them. */
const PLACES = 2 ** Math.ceil(Math.log2(limits.rateBuckets * 4));
const NS_PER_MS = 1_000_000;
const NS_PER_SECOND = 1_000_000_000;

export class SharedRateBuckets implements RateBuckets {
  readonly #words: BigInt64Array;
  readonly #seed: bigint;

  /** Over memory of {@link SharedRateBuckets.bytes}, zeroed. `seed`: the same in all threads, and nobody else's to know. */
  constructor(memory: SharedArrayBuffer, seed: bigint) {
    this.#words = new BigInt64Array(memory);
    this.#seed = seed;
  }

  static readonly bytes = PLACES * WORDS * BigInt64Array.BYTES_PER_ELEMENT;

  bucketOf(kind: BucketKind, name: string, rate: Rate, nowMs: number): Bucket {
    const now = BigInt(Math.round(nowMs * NS_PER_MS));
    const text = `${kind} ${rate.perSecond} ${rate.burst} ${name}`;
    const hash = BigInt.asIntN(64, BigInt(Bun.hash(text, this.#seed)) | 1n);
    return new SharedBucket(this.#words, this.#placeOf(hash, now), rate, now);
  }

  /** Where the bucket's time stands. */
  #placeOf(hash: bigint, now: bigint): number {
    const first = Number(BigInt.asUintN(32, hash >> 32n)) % PLACES;
    while (true) {
      let free: number | undefined;
      let soonest = { at: first * WORDS, full: Atomics.load(this.#words, first * WORDS + 1) };
      for (let probe = 0; probe < PROBES; probe++) {
        const at = ((first + probe) % PLACES) * WORDS;
        if (Atomics.load(this.#words, at) === hash) return at + 1;
        const full = Atomics.load(this.#words, at + 1);
        if (full <= now) free ??= at;
        if (full < soonest.full) soonest = { at, full };
      }
      const at = free ?? soonest.at;
      const before = Atomics.load(this.#words, at);
      if (Atomics.compareExchange(this.#words, at, before, hash) !== before) continue;
      // One that was full already is so now; another thread may have begun to take from it.
      if (free === undefined) Atomics.store(this.#words, at + 1, now);
      return at + 1;
    }
  }
}

class SharedBucket implements Bucket {
  readonly size: number;
  readonly #words: BigInt64Array;
  readonly #place: number;
  readonly #now: bigint;
  /** Until a token has come back. */
  readonly #tokenNs: number;
  /** When it is full, as far as was seen. */
  #full: bigint;

  constructor(words: BigInt64Array, place: number, rate: Rate, now: bigint) {
    this.size = sizeOf(rate);
    this.#words = words;
    this.#place = place;
    this.#now = now;
    this.#tokenNs = Math.max(1, Math.round(NS_PER_SECOND / rate.perSecond));
    this.#full = Atomics.load(words, place);
  }

  take(): boolean {
    while (true) {
      if (this.waitMs > 0) return false;
      const from = this.#missingNs === 0 ? this.#now : this.#full;
      const seen = Atomics.compareExchange(
        this.#words,
        this.#place,
        this.#full,
        from + BigInt(this.#tokenNs),
      );
      const taken = seen === this.#full;
      this.#full = taken ? from + BigInt(this.#tokenNs) : seen;
      if (taken) return true;
    }
  }

  giveBack(): void {
    this.#full =
      Atomics.sub(this.#words, this.#place, BigInt(this.#tokenNs)) - BigInt(this.#tokenNs);
  }

  get waitMs(): number {
    const spareNs = (this.size - 1) * this.#tokenNs;
    return Math.max(0, Math.ceil((this.#missingNs - spareNs) / NS_PER_MS));
  }

  get tokens(): number {
    return Math.max(0, Math.floor(this.size - this.#missingNs / this.#tokenNs));
  }

  get fullInMs(): number {
    return Math.ceil(this.#missingNs / NS_PER_MS);
  }

  get #missingNs(): number {
    return this.#full > this.#now ? Number(this.#full - this.#now) : 0;
  }
}
