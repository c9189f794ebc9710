import type { Clock } from "../base/clock.ts";
import type { TenantStore } from "../store/tenant-store.ts";
import type { TenantView } from "./tenant-view.ts";

/** What is held open is committed so long after it began at the latest, whether or not anybody looks. */
const HELD_MS = 10;

/** The files of views whose transaction is held open, each of which is committed before long. */
export class HeldCommits {
  readonly #clock: Pick<Clock, "timer">;
  readonly #stores = new Set<TenantStore>();
  #forget: (() => void) | undefined;

  constructor(clock: Pick<Clock, "timer">) {
    this.#clock = clock;
  }

  /** To be called when records were applied to the view. */
  note(view: TenantView): void {
    if (!view.isHeld) return;
    this.#stores.add(view.store);
    this.#forget ??= this.#clock.timer(HELD_MS, () => this.commitAll());
  }

  /** What cannot be committed the view itself tells to whom it concerns. */
  commitAll(): void {
    this.#forget?.();
    this.#forget = undefined;
    for (const store of this.#stores) store.tryCommitHeld();
    this.#stores.clear();
  }
}
