/**
 * Carries what the outboxes hold into the mailboxes, on the serving thread, in slices between
 * requests. Nothing else writes a mailbox.
 *
 * A row stays in the outbox until `mailbox.db` has it on disk, so that a crash at any moment
 * loses nothing: what is done already is known by its place and passed over. Trouble with
 * mailboxes stays with them: the tenant's graph is written and read as ever, while reads of its
 * mailboxes are told, and the file is tried again, or made again from the log.
 */
import { abortable, type Settle } from "../base/abortable.ts";
import type { CancelSignal } from "../base/cancel-signal.ts";
import type { Clock } from "../base/clock.ts";
import { type EntError, serverStopping } from "../base/errors.ts";
import { turn } from "../base/turn.ts";
import type { Applied } from "../store/applied.ts";
import type { MailboxStore } from "../store/mailbox-store.ts";
import { damaged, isLogShorterThanViews, troubleOf } from "../store/store-errors.ts";
import { syncMailbox } from "../store/sync-view.ts";
import type { TenantStore } from "../store/tenant-store.ts";
import type { TenantStores } from "../store/tenant-stores.ts";
import { MailOutboxWriter } from "../store/writer/mail-outbox-writer.ts";
import type { History } from "./history.ts";
import { mailboxError } from "./mailbox-failure.ts";
import { drainSome, OutboxFailure, rebuildMailbox } from "./mailbox-rebuild.ts";
import { MailboxView } from "./mailbox-view.ts";
import type { ViewCopies } from "./view-copies.ts";

export interface MailboxDrainDeps {
  readonly history: History;
  /** What damaged mailboxes may be begun with. */
  readonly copies: ViewCopies;
  readonly stores: TenantStores;
  readonly applied: Applied;
  readonly clock: Clock;
  /** Told what could not be done; it is tried again. */
  readonly failed: (what: string, cause: unknown) => void;
}

const TURN_MS = 2;
const BACKOFF_FIRST_MS = 50;
const BACKOFF_MAX_MS = 5_000;

interface Waiter {
  readonly offset: number;
  readonly settle: Settle<void>;
}

interface MailboxTrouble {
  /** What a caller is told. */
  readonly error: EntError;
  /** Ends when the mailboxes are right again, or the server stops. */
  readonly work: Promise<void>;
}

/** The drain of all tenants' outboxes. */
export class MailboxDrain {
  readonly #deps: MailboxDrainDeps;
  readonly #views = new WeakMap<MailboxStore, MailboxView>();
  /** Tenants whose outbox may hold something new. */
  readonly #wanting = new Set<string>();
  readonly #waiters = new Map<string, Set<Waiter>>();
  readonly #troubles = new Map<string, MailboxTrouble>();
  /** Mailboxes that were written since the last checkpoint. */
  #dirty = new Map<string, MailboxStore>();
  /** By tenant, how many want its outbox kept as it is. */
  readonly #holders = new Map<string, number>();
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(deps: MailboxDrainDeps) {
    this.#deps = deps;
  }

  /** Says that the tenant's view has been written or opened. Costs next to nothing where there is no mail. */
  wake(tenantId: string): void {
    const store = this.#deps.stores.opened(tenantId);
    if (store === undefined || !store.mailbox.hasNews) return;
    if (this.#troubles.has(tenantId) || this.#stop.signal.aborted) return;
    this.#wanting.add(tenantId);
    this.#running ??= this.#run();
  }

  /**
   * Resolves when the tenant's mailboxes hold everything up to and including the record at
   * `offset`, which its view has applied; undefined, without a turn of the event loop, when they
   * do already. Rejects with what is wrong with them, and with the signal's reason.
   */
  waitFor(tenantId: string, offset: number, signal: CancelSignal): Promise<void> | undefined {
    const trouble = this.#troubles.get(tenantId);
    if (trouble !== undefined) return Promise.reject(trouble.error);
    const store = this.#deps.stores.open(tenantId);
    if (store === undefined || !store.mailbox.hasNews) return undefined;
    this.wake(tenantId);
    if (this.#stop.signal.aborted) return Promise.reject(serverStopping());
    return abortable(signal, (settle) => {
      const waiter: Waiter = { offset, settle };
      const waiters = this.#waiters.get(tenantId) ?? new Set();
      this.#waiters.set(tenantId, waiters.add(waiter));
      return () => {
        waiters.delete(waiter);
        if (waiters.size === 0) this.#waiters.delete(tenantId);
      };
    });
  }

  /** Says that the tenant is no more: who waits for its mailboxes is told why. */
  forget(tenantId: string, error: EntError): void {
    this.#wanting.delete(tenantId);
    this.#dirty.delete(tenantId);
    this.#refuse(tenantId, error);
  }

  /** Somebody met an error in reading a tenant's mailboxes. Returns what its caller is to be told. */
  troubleFound(tenantId: string, error: unknown): unknown {
    if (troubleOf(error) === "unknown") return error;
    this.#begin(tenantId, error);
    return this.#troubles.get(tenantId)?.error ?? error;
  }

  /** Until the returned function is called, nothing more leaves the tenant's outbox. */
  holdOutbox(tenantId: string): () => void {
    this.#holders.set(tenantId, (this.#holders.get(tenantId) ?? 0) + 1);
    return () => {
      const left = (this.#holders.get(tenantId) ?? 1) - 1;
      if (left > 0) this.#holders.set(tenantId, left);
      else this.#holders.delete(tenantId);
    };
  }

  /** Syncs the mailboxes that were written since the last time, and clears their outboxes up to there. */
  async checkpoint(): Promise<void> {
    const dirty = this.#dirty;
    this.#dirty = new Map();
    for (const [tenantId, mailboxes] of dirty) {
      if (this.#troubles.has(tenantId)) continue;
      try {
        await this.#checkpointOne(tenantId, mailboxes);
      } catch (error) {
        // The page cache may now call clean what the disk does not have: only a new file can be trusted.
        this.#begin(tenantId, damaged(mailboxes.file, "a sync failed", error));
      }
    }
  }

  /** Stops where it stands; a next start finds the rest in the outboxes. */
  async stop(): Promise<void> {
    this.#stop.abort(serverStopping());
    await this.#running;
    await Promise.all([...this.#troubles.values()].map((trouble) => trouble.work));
    for (const tenantId of [...this.#waiters.keys()]) this.#refuse(tenantId, serverStopping());
  }

  async #run(): Promise<void> {
    const { clock } = this.#deps;
    // What several transactions wrote in one turn is done in one.
    await turn();
    let turnStarted = clock.monotonic();
    while (this.#wanting.size > 0 && !this.#stop.signal.aborted) {
      for (const tenantId of [...this.#wanting]) {
        if (!this.#drain(tenantId)) this.#wanting.delete(tenantId);
        if (clock.monotonic() - turnStarted < TURN_MS) continue;
        await turn();
        if (this.#stop.signal.aborted) break;
        turnStarted = clock.monotonic();
      }
    }
    this.#running = undefined;
  }

  /** One slice of a tenant. Returns whether there may be more. */
  #drain(tenantId: string): boolean {
    const store = this.#openStore(tenantId);
    if (store === undefined) return false;
    try {
      return this.#drainStore(store);
    } catch (error) {
      if (error instanceof OutboxFailure) this.#viewTrouble(tenantId, error.cause);
      else this.#begin(tenantId, error);
      return false;
    }
  }

  /** What is wrong with the tenant's view is the applier's to mend, which wakes us then. */
  #viewTrouble(tenantId: string, error: unknown): void {
    this.#deps.stores.onTrouble(tenantId, error);
    this.#refuse(tenantId, this.#deps.applied.behind(tenantId)?.error ?? error);
  }

  /** Undefined while the tenant's view is not to be read: it is looked at again when that is over. */
  #openStore(tenantId: string): TenantStore | undefined {
    const { stores, applied } = this.#deps;
    const behind = applied.behind(tenantId);
    if (behind?.readable === false) {
      this.#refuse(tenantId, behind.error);
      return undefined;
    }
    try {
      return stores.open(tenantId);
    } catch (error) {
      this.#viewTrouble(tenantId, error);
      return undefined;
    }
  }

  #drainStore(store: TenantStore): boolean {
    const { tenantId, mailbox } = store;
    const mailboxes = mailbox.openOrCreate();
    if (!this.#views.has(mailboxes)) this.#deps.stores.sweepMailboxRebuild(store);
    const view = this.#viewOf(mailboxes);
    const { place } = view.progress;
    const isMore = drainSome(store, view);
    if (view.progress.place !== place) this.#dirty.set(tenantId, mailboxes);
    if (!isMore) mailbox.setNews(false);
    this.#resolve(tenantId, isMore ? view.progress.place.position : Number.POSITIVE_INFINITY);
    return isMore;
  }

  #viewOf(mailboxes: MailboxStore): MailboxView {
    const known = this.#views.get(mailboxes);
    if (known !== undefined) return known;
    const view = new MailboxView(mailboxes);
    this.#views.set(mailboxes, view);
    return view;
  }

  /** Wakes whoever waits for records before this offset. */
  #resolve(tenantId: string, before: number): void {
    for (const waiter of [...(this.#waiters.get(tenantId) ?? [])]) {
      if (waiter.offset < before) waiter.settle.resolve();
    }
  }

  #refuse(tenantId: string, error: unknown): void {
    for (const waiter of [...(this.#waiters.get(tenantId) ?? [])]) waiter.settle.reject(error);
  }

  #begin(tenantId: string, error: unknown): void {
    if (isLogShorterThanViews(error)) return this.#deps.stores.onTrouble(tenantId, error);
    if (this.#troubles.has(tenantId) || this.#stop.signal.aborted) return;
    this.#wanting.delete(tenantId);
    this.#say(tenantId, error, this.#recover(tenantId, error));
  }

  #say(tenantId: string, error: unknown, work: Promise<void>): void {
    const told = mailboxError(tenantId, error);
    this.#troubles.set(tenantId, { error: told, work });
    this.#refuse(tenantId, told);
    this.#deps.failed(`the mailboxes of tenant ${tenantId} cannot serve; they are mended`, error);
  }

  async #recover(tenantId: string, firstError: unknown): Promise<void> {
    const { signal } = this.#stop;
    let error = firstError;
    let isDamaged = false;
    for (let pauseMs = BACKOFF_FIRST_MS; ; pauseMs = Math.min(pauseMs * 2, BACKOFF_MAX_MS)) {
      isDamaged ||= troubleOf(error) === "damaged";
      if (!isDamaged || error !== firstError) await this.#deps.clock.sleep(pauseMs, signal);
      else await turn();
      if (signal.aborted) return;
      try {
        if (isDamaged) await this.#remake(tenantId);
        isDamaged = false;
        const store = this.#openStore(tenantId);
        if (store !== undefined) this.#drainStore(store);
        break;
      } catch (caught) {
        if (signal.aborted) return;
        error = caught;
        const work = this.#troubles.get(tenantId)?.work ?? Promise.resolve();
        this.#say(tenantId, error, work);
      }
    }
    this.#troubles.delete(tenantId);
    this.wake(tenantId);
  }

  async #remake(tenantId: string): Promise<void> {
    const { stores } = this.#deps;
    const entry = stores.findEntry(tenantId);
    if (entry === undefined) return;
    await rebuildMailbox(this.#deps, entry, () => this.#openStore(tenantId), this.#stop.signal);
  }

  async #checkpointOne(tenantId: string, mailboxes: MailboxStore): Promise<void> {
    const { stores } = this.#deps;
    // Closed meanwhile: what is not cleared now is cleared after the tenant's next mail.
    if (mailboxes.closed) return;
    const { place } = this.#viewOf(mailboxes).progress;
    await syncMailbox(mailboxes.directory);
    if (this.#holders.has(tenantId)) return void this.#dirty.set(tenantId, mailboxes);
    const store = stores.opened(tenantId);
    if (store === undefined || store.mailbox.opened !== mailboxes) return;
    const outbox = new MailOutboxWriter(store.writeConnection);
    try {
      while (!store.closed && !this.#holders.has(tenantId) && outbox.trim(place)) await turn();
    } catch (error) {
      stores.onTrouble(tenantId, error);
    }
  }
}
