import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { Caller } from "../record/caller.ts";
import type { AuditEvent } from "../record/transaction.ts";

/**
 * What the audit must know of and no other record tells: that somebody failed to say who
 * they are, and that somebody acted for somebody else. Alike events are counted for a
 * minute and written as one, and a minute tells only so many apart: the rest is counted
 * together. So strangers can neither fill the disk nor slow down who is asked.
 *
 * What is counted is written within a minute, or when the server stops; a crash loses the
 * minute under way. Writing that fails is told, once a minute, and tried again with what
 * has come meanwhile.
 */
export interface AuditLogOptions {
  readonly clock: Clock;
  /** Makes the event durable. */
  readonly append: (event: AuditEvent) => Promise<void>;
  readonly failed: (cause: unknown) => void;
}

/** Under which credential somebody asked, where, as whom. */
export type Asker = Pick<Caller, "tenantId" | "actor" | "credential">;

const WINDOW_MS = 60_000;
const FAILED = "authentication_failed";
const ACTED_FOR = "acted_for";
/** The source that stands for all that were not told apart. */
const OTHERS = "others";

type CountedEvent = Omit<AuditEvent, "kind" | "count">;

class Counted {
  count = 0;
  readonly event: CountedEvent;

  constructor(event: CountedEvent) {
    this.event = event;
  }
}

export class AuditLog {
  readonly #options: AuditLogOptions;
  #failures = new Map<string, Counted>();
  #actedFor = new Map<string, Counted>();
  #cancelTimer: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: AuditLogOptions) {
    this.#options = options;
  }

  /** Somebody at this address sent a credential that does not hold. */
  authenticationFailed(source: string): void {
    const known = this.#failures.has(source) || this.#failures.size < limits.auditSourcesPerMinute;
    const told = known ? source : OTHERS;
    this.#count(this.#failures, told, 1, () => ({
      action: FAILED,
      tenantId: "",
      actor: "",
      credential: "",
      outcome: "UNAUTHENTICATED",
      details: new Map([["source", told]]),
    }));
  }

  /** A credential was used in the name of an actor that is not its own. */
  actedFor(asker: Asker): void {
    const { tenantId, actor, credential } = asker;
    const key = JSON.stringify([credential, tenantId, actor]);
    const known = this.#actedFor.has(key) || this.#actedFor.size < limits.auditActorsPerMinute;
    this.#count(this.#actedFor, known ? key : OTHERS, 1, () => ({
      action: ACTED_FOR,
      tenantId: known ? tenantId : "",
      actor: known ? actor : OTHERS,
      credential: known ? credential : OTHERS,
      outcome: "applied",
      details: new Map(),
    }));
  }

  /** Writes what has been counted. Resolves when it is durable, or has failed. */
  flush(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const counted = [...this.#failures.values(), ...this.#actedFor.values()];
    this.#failures = new Map();
    this.#actedFor = new Map();
    this.#writing = this.#writing.then(() => this.#write(counted));
    return this.#writing;
  }

  /** The last flush. What comes later is not counted. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.flush();
  }

  #count(into: Map<string, Counted>, key: string, by: number, event: () => CountedEvent): void {
    if (this.#stopped) return;
    let counted = into.get(key);
    if (counted === undefined) {
      counted = new Counted(event());
      into.set(key, counted);
    }
    counted.count += by;
    this.#cancelTimer ??= this.#options.clock.timer(WINDOW_MS, () => void this.flush());
  }

  async #write(counted: readonly Counted[]): Promise<void> {
    for (const [i, { event, count }] of counted.entries()) {
      try {
        await this.#options.append({ kind: "audit_event", ...event, count });
      } catch (cause) {
        this.#options.failed(cause);
        return this.#takeBack(counted.slice(i));
      }
    }
  }

  /** Counts again what could not be written, as far as there is room. */
  #takeBack(counted: readonly Counted[]): void {
    for (const { event, count } of counted) {
      const isFailure = event.action === FAILED;
      const into = isFailure ? this.#failures : this.#actedFor;
      const max = isFailure ? limits.auditSourcesPerMinute : limits.auditActorsPerMinute;
      const key = isFailure
        ? (event.details.get("source") ?? OTHERS)
        : JSON.stringify([event.credential, event.tenantId, event.actor]);
      if (into.has(key) || into.size <= max) this.#count(into, key, count, () => event);
    }
  }
}
