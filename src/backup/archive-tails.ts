/**
 * What each tenant's archive is known to end with, from elsewhere than the archive's own
 * segments. By it whoever reads an archive finds out that its newest objects are missing, or all
 * of them; nothing that is left would tell.
 *
 * It says no more than what was once read back, so it may be behind what is there, never ahead.
 */
import type { CancelSignal } from "../base/cancel-signal.ts";
import type { EntError } from "../base/errors.ts";
import type { BlobStore } from "../blob/blob-store.ts";
import { type ArchiveTail, tailKey } from "./archive-tail.ts";
import { archiveTailMissing } from "./errors.ts";
import { segmentKey } from "./keys.ts";

/** Reads what somebody else states; called until it has resolved once. */
export type StatedTails = (signal: CancelSignal) => Promise<readonly ArchiveTail[]>;

const nothingStated: StatedTails = () => Promise.resolve([]);

/** The tails of the archives of many tenants. */
export class ArchiveTails {
  readonly #tails = new Map<string, ArchiveTail>();
  readonly #stated: StatedTails;
  #isLoaded = false;

  /** Begins with those that are at hand; what `stated` resolves with is looked at when it is needed first. */
  constructor(known: readonly ArchiveTail[] = [], stated: StatedTails = nothingStated) {
    this.#stated = stated;
    this.#merge(known);
  }

  /** Reads what others state, once. Rejects with what that rejects with. */
  async load(signal: CancelSignal): Promise<void> {
    if (this.#isLoaded) return;
    const stated = await this.#stated(signal);
    // Whoever waited for the same may have been quicker.
    if (!this.#isLoaded) this.#merge(stated);
    this.#isLoaded = true;
  }

  /** What the tenant's archive is known to end with. Rejects as {@link load}. */
  async of(tenantId: string, signal: CancelSignal): Promise<ArchiveTail | undefined> {
    await this.load(signal);
    return this.#tails.get(tenantId);
  }

  /** Those that are known by now. */
  all(): readonly ArchiveTail[] {
    return [...this.#tails.values()];
  }

  /** Whether it is still what is known of its tenant. */
  isCurrent(tail: ArchiveTail): boolean {
    return this.#tails.get(tail.name.tenantId) === tail;
  }

  set(tail: ArchiveTail): void {
    this.#tails.set(tail.name.tenantId, tail);
  }

  /** Nothing has to be there any more. */
  forget(tenantId: string): void {
    this.#tails.delete(tenantId);
  }

  #merge(tails: readonly ArchiveTail[]): void {
    for (const tail of tails) {
      const known = this.#tails.get(tail.name.tenantId);
      if (known === undefined || known.lastOffset < tail.lastOffset) this.set(tail);
    }
  }
}

/**
 * The error that an archive ends before a tail, which is known to have been there. `end` is the
 * last record of the tenant that is there.
 */
export async function tailMissing(
  store: BlobStore,
  tail: ArchiveTail,
  end: number | undefined,
  signal: CancelSignal,
): Promise<EntError> {
  const key = (await missingPart(store, tail, signal)) ?? tailKey(tail);
  return archiveTailMissing(store.place, key, tail.lastOffset, end);
}

/** The object of the segment that is not there; undefined when both are. */
async function missingPart(
  store: BlobStore,
  { name }: ArchiveTail,
  signal: CancelSignal,
): Promise<string | undefined> {
  for (const part of ["records", "checksum"] as const) {
    const key = segmentKey(name, part);
    if ((await store.find(key, signal)) === undefined) return key;
  }
  return undefined;
}

const CHECKS_AT_ONCE = 8;

/** Looks whether what is known to be in the archive still is: at each tail once, when it is new. */
export class TailCheck {
  readonly #store: BlobStore;
  readonly #tails: ArchiveTails;
  readonly #found = new WeakSet<ArchiveTail>();

  constructor(store: BlobStore, tails: ArchiveTails) {
    this.#store = store;
    this.#tails = tails;
  }

  /** Throws OBJECT_NOT_FOUND naming an object that is missing, and what the place says. */
  async run(signal: CancelSignal): Promise<void> {
    const unknown = this.#tails.all().filter((tail) => !this.#found.has(tail));
    for (let at = 0; at < unknown.length; at += CHECKS_AT_ONCE) {
      const some = unknown.slice(at, at + CHECKS_AT_ONCE);
      await Promise.all(some.map((tail) => this.#look(tail, signal)));
    }
  }

  async #look(tail: ArchiveTail, signal: CancelSignal): Promise<void> {
    const key = await missingPart(this.#store, tail, signal);
    if (key === undefined) this.#found.add(tail);
    // The tenant may have ended meanwhile.
    else if (this.#tails.isCurrent(tail)) {
      throw archiveTailMissing(this.#store.place, key, tail.lastOffset);
    }
  }
}
