import type { LRUCache } from "lru-cache";
import { rightDenied } from "../applier/record-access.ts";
import type { Clock } from "../base/clock.ts";
import { leastRecentlyUsed } from "../base/least-recently-used.ts";
import type { Right } from "../record/access.ts";
import type { Caller } from "../record/caller.ts";
import type { Viewer } from "../record/viewer.ts";
import type { Standing } from "../store/reader/membership-reader.ts";
import type { ReadableView } from "../store/tenant-store.ts";

const CACHED_STANDINGS = 1_000;

/** What callers stand for in their tenants, remembered for as long as the tenant's membership stays as it is. */
export class Viewers {
  readonly #clock: Clock;
  readonly #known = new WeakMap<ReadableView, KnownStandings>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whom grants may name to mean the caller, now. */
  of(store: ReadableView, caller: Caller): Viewer {
    const { principals, rights } = this.standingOf(store, caller);
    return { principals, seesAll: rights.has("data"), now: this.#clock.now() };
  }

  standingOf(store: ReadableView, caller: Caller): Standing {
    const standings = this.#standingsOf(store);
    const key = [caller.actor, ...caller.roles].join("\n");
    let standing = standings.get(key);
    if (standing === undefined) {
      standing = store.reads.membership.standingOf(caller.actor, caller.roles);
      standings.set(key, standing);
    }
    return standing;
  }

  /** Throws PERMISSION_DENIED unless one of the caller's roles holds the right. */
  require(store: ReadableView, caller: Caller, right: Right): void {
    if (!this.standingOf(store, caller).rights.has(right)) throw rightDenied(right);
  }

  #standingsOf(store: ReadableView): LRUCache<string, Standing> {
    const version = store.membershipVersion;
    const known = this.#known.get(store);
    if (known?.version === version) return known.standings;
    const standings = leastRecentlyUsed<Standing>(CACHED_STANDINGS);
    this.#known.set(store, { version, standings });
    return standings;
  }
}

interface KnownStandings {
  readonly version: number;
  readonly standings: LRUCache<string, Standing>;
}
