import { abortable, type Settle } from "../base/abortable.ts";
import type { CancelSignal } from "../base/cancel-signal.ts";
import type { EntError } from "../base/errors.ts";
import { NumberMap } from "../base/number-map.ts";
import { type Enrolled, NOWHERE, Roster } from "../base/roster.ts";
import type { DecidedOutcome } from "../record/outcome.ts";

/**
 * How far the views have come, and who waits for that. The applier says it here; the
 * engine waits here. This is all that the two share.
 *
 * A tenant has come as far as its partition, unless it is *behind* (stalled, halted,
 * rebuilding, building a schema): then it stands at a record of its own and others go on.
 */
export interface Behind {
  readonly trouble: "stalled" | "halted" | "rebuilding" | "building";
  /** The first record of this tenant that is not applied. */
  readonly offset: number;
  /** Whether its view can be read as it stands. */
  readonly readable: boolean;
  /** What a caller who cannot wait is told. */
  readonly error: EntError;
}

/** Whoever passes on to other threads how far the views have come. */
export interface AppliedObserver {
  /** Every record below `end` is applied. */
  advanced(end: number): void;
  /** Records of the tenant below `end` were applied to its view, and committed: none is held open while there is an observer. */
  committed(tenantId: string, end: number): void;
  /** The tenant stands while others go on. */
  behind(tenantId: string): void;
}

interface PositionWaiter extends Enrolled {
  readonly tenantId: string;
  readonly offset: number;
  readonly settle: Settle<void>;
}

/** One that nobody's deadline ends, nor a halt. */
interface PatientWaiter extends Enrolled {
  readonly tenantId: string;
  readonly offset: number;
  readonly done: () => void;
}

interface OutcomeWaiter {
  readonly tenantId: string;
  readonly settle: Settle<DecidedOutcome>;
}

/** Stands for the partition as a whole: nobody's id, so never behind. */
const NO_TENANT = "";

export class Applied {
  #end: number;
  #oldestLogTime: number | undefined;
  #closed: EntError | undefined;
  /** How far views are that hold records of the batch at hand, which {@link advance} has not passed. */
  readonly #ahead = new Map<string, number>();
  readonly #behind = new Map<string, Behind>();
  readonly #positionWaiters = new Roster<PositionWaiter>();
  readonly #patientWaiters = new Roster<PatientWaiter>();
  readonly #outcomeWaiters = new NumberMap<OutcomeWaiter>();
  readonly #recent = new RecentOutcomes();
  readonly #moveListeners = new Map<string, Set<() => void>>();
  /** Told in the applier's turn what it says here; it must only take note. Undefined: nobody. */
  observer: AppliedObserver | undefined;
  readonly #closeListeners: ((error: EntError) => void)[] = [];

  /** `end`: every record below it has been applied already. */
  constructor(end: number) {
    this.#end = end;
  }

  /** Every record below it has been applied, but for tenants that are behind. */
  get end(): number {
    return this.#end;
  }

  /** Log time of the record at {@link end}, while that is being applied; undefined before it is taken up. */
  get oldestLogTime(): number | undefined {
    return this.#oldestLogTime;
  }

  /**
   * Every record of this tenant below it has been applied, and its view holds none from it on: a
   * token of what was read must not be older than what was read.
   */
  endOf(tenantId: string): number {
    const behind = this.#behind.get(tenantId);
    return behind?.offset ?? Math.max(this.#end, this.#ahead.get(tenantId) ?? 0);
  }

  behind(tenantId: string): Behind | undefined {
    return this.#behind.get(tenantId);
  }

  allBehind(): ReadonlyMap<string, Behind> {
    return this.#behind;
  }

  /**
   * Resolves when every record of the tenant up to and including `offset` has been
   * applied. Rejects with the tenant's trouble when it is halted at or before it, and
   * with the signal's reason when that comes first.
   */
  waitFor(tenantId: string, offset: number, signal: CancelSignal): Promise<void> | undefined {
    if (this.endOf(tenantId) > offset) return undefined;
    const behind = this.#behind.get(tenantId);
    if (behind?.trouble === "halted") return Promise.reject(behind.error);
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    return abortable(signal, (settle) => {
      const waiter: PositionWaiter = { tenantId, offset, settle, rosterPlace: NOWHERE };
      this.#positionWaiters.add(waiter);
      return () => this.#positionWaiters.delete(waiter);
    });
  }

  /** Resolves when every record up to and including `offset` is applied, or is one of a tenant that is behind. */
  waitForPartition(offset: number, signal: CancelSignal): Promise<void> | undefined {
    return this.waitFor(NO_TENANT, offset, signal);
  }

  /** Calls back once the record at `offset` is applied, however long that takes, also through a halt. */
  whenApplied(tenantId: string, offset: number, done: () => void): void {
    if (this.endOf(tenantId) > offset) return done();
    this.#patientWaiters.add({ tenantId, offset, done, rosterPlace: NOWHERE });
  }

  /**
   * What the record at this offset came to, told once, to whoever appended it. Undefined when it
   * was told before, or applied so long ago that only the view still knows. Rejects as {@link waitFor} does.
   */
  waitForOutcome(
    tenantId: string,
    offset: number,
    signal: CancelSignal,
  ): Promise<DecidedOutcome> | DecidedOutcome | undefined {
    const recent = this.#recent.take(offset);
    if (recent !== undefined) return recent;
    const behind = this.#behind.get(tenantId);
    if (behind?.trouble === "halted" && behind.offset <= offset)
      return Promise.reject(behind.error);
    if (this.endOf(tenantId) > offset) return undefined;
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    return abortable(signal, (settle) => {
      this.#outcomeWaiters.set(offset, { tenantId, settle });
      return () => this.#outcomeWaiters.delete(offset);
    });
  }

  /**
   * Calls back, in the applier's turn, whenever the tenant's view may hold more than before or
   * its trouble has changed. The listener must only take note. Returns what ends it.
   */
  onMove(tenantId: string, listener: () => void): () => void {
    const listeners = this.#moveListeners.get(tenantId) ?? new Set();
    this.#moveListeners.set(tenantId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#moveListeners.delete(tenantId);
    };
  }

  /** Calls back when nothing will be applied any more, with why. */
  onClose(listener: (error: EntError) => void): void {
    this.#closeListeners.push(listener);
  }

  /** Says that records of the tenant below `end` were applied to its view. Called before {@link advance} passes them. */
  reached(tenantId: string, end: number): void {
    if (end > this.#end) this.#ahead.set(tenantId, end);
    this.observer?.committed(tenantId, end);
    this.moved(tenantId);
  }

  /** Says that the tenant's view may hold more than before. */
  moved(tenantId: string): void {
    const listeners = this.#moveListeners.get(tenantId);
    if (listeners === undefined) return;
    for (const listener of [...listeners]) listener();
  }

  /** Says what a record came to. Called in log order within a tenant, when whoever reads the view sees it. */
  publish(offset: number, decided: DecidedOutcome): void {
    const waiter = this.#outcomeWaiters.get(offset);
    if (waiter !== undefined) return waiter.settle.resolve(decided);
    this.#recent.add(offset, decided);
  }

  /** Says that records are being applied from {@link end} on, the first of them of this log time. */
  begin(logTime: number): void {
    this.#oldestLogTime = logTime;
  }

  /** Says that every record below `end` has been applied, or belongs to a tenant that is behind. */
  advance(end: number): void {
    if (end <= this.#end) return;
    this.#end = end;
    this.#oldestLogTime = undefined;
    this.#ahead.clear();
    this.observer?.advanced(end);
    this.#wake();
  }

  /** Says that a tenant stands at a record while others go on, or how far it has come since. */
  setBehind(tenantId: string, behind: Behind): void {
    this.observer?.behind(tenantId);
    this.#behind.set(tenantId, behind);
    if (behind.trouble === "halted") this.#refuseWaiters(tenantId, behind);
    this.#wake();
    this.moved(tenantId);
  }

  /** Says that the tenant has caught up with its partition. */
  clearBehind(tenantId: string): void {
    this.#behind.delete(tenantId);
    this.#wake();
    this.moved(tenantId);
  }

  /** Says that the tenant is no more: whoever waits for it is told why. */
  forget(tenantId: string, error: EntError): void {
    this.#behind.delete(tenantId);
    for (const waiter of this.#positionWaiters) {
      if (waiter.tenantId === tenantId) waiter.settle.reject(error);
    }
    for (const waiter of this.#outcomeWaiters.values()) {
      if (waiter.tenantId === tenantId) waiter.settle.reject(error);
    }
    this.#wake();
    this.moved(tenantId);
  }

  /** Ends every wait, also those to come, with this error: nothing will be applied any more. */
  close(error: EntError): void {
    this.#closed = error;
    for (const { settle } of this.#positionWaiters) settle.reject(error);
    for (const { settle } of this.#outcomeWaiters.values()) settle.reject(error);
    for (const waiter of this.#patientWaiters) this.#patientWaiters.delete(waiter);
    for (const listener of this.#closeListeners) listener(error);
  }

  #wake(): void {
    for (const waiter of this.#patientWaiters) {
      if (this.endOf(waiter.tenantId) <= waiter.offset) continue;
      this.#patientWaiters.delete(waiter);
      waiter.done();
    }
    for (const waiter of this.#positionWaiters) {
      if (this.endOf(waiter.tenantId) > waiter.offset) waiter.settle.resolve();
    }
  }

  #refuseWaiters(tenantId: string, behind: Behind): void {
    for (const waiter of this.#positionWaiters) {
      if (waiter.tenantId === tenantId && waiter.offset >= behind.offset)
        waiter.settle.reject(behind.error);
    }
    for (const [offset, waiter] of this.#outcomeWaiters.entries()) {
      if (waiter.tenantId === tenantId && offset >= behind.offset)
        waiter.settle.reject(behind.error);
    }
  }
}

/** Outcomes kept for callers whose append was answered after the applier had passed. */
const RECENT_OUTCOMES = 4_096;

/** The outcome published last at each place of a ring of offsets; the older ones are forgotten. */
class RecentOutcomes {
  readonly #offsets = new Float64Array(RECENT_OUTCOMES).fill(-1);
  readonly #outcomes: (DecidedOutcome | undefined)[] = new Array(RECENT_OUTCOMES).fill(undefined);

  /** Forgets it: what is kept only until its turn comes round is old by then, which makes collecting garbage dear. */
  take(offset: number): DecidedOutcome | undefined {
    const place = offset % RECENT_OUTCOMES;
    if (this.#offsets[place] !== offset) return undefined;
    const decided = this.#outcomes[place];
    this.#outcomes[place] = undefined;
    return decided;
  }

  add(offset: number, decided: DecidedOutcome): void {
    const place = offset % RECENT_OUTCOMES;
    this.#offsets[place] = offset;
    this.#outcomes[place] = decided;
  }
}
