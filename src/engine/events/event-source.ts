import { limits } from "../../base/limits.ts";
import type { Caller } from "../../record/caller.ts";
import type { EventFilter, StoredEvent } from "../../record/event.ts";
import { compileEventFilter, takesAll } from "../../record/event-filter.ts";
import type { EventBudget } from "../../store/reader/event-reader.ts";
import type { TenantReads, TenantStore } from "../../store/tenant-store.ts";
import type {
  Judge,
  PlacedRow,
  RowSlice,
  RowSource,
  TenantLife,
} from "../subscription/row-source.ts";
import type { TenantLives } from "../subscription/tenant-lives.ts";
import type { EventReads } from "./event-reads.ts";

/** What a subscriber to events asks for, and who it is. */
export interface EventInterest {
  readonly caller: Caller;
  readonly filter: EventFilter;
}

/** An event at its place: its global nonce. */
export interface EventRow extends PlacedRow {
  readonly event: StoredEvent;
}

/** A tenant's events, as something to subscribe to. */
export class EventSource implements RowSource<EventRow, EventInterest, StoredEvent> {
  readonly sendsTogether = true;
  readonly #lives: TenantLives;
  readonly #reads: EventReads;

  constructor(lives: TenantLives, reads: EventReads) {
    this.#lives = lives;
    this.#reads = reads;
  }

  read(
    tenant: TenantLife,
    after: number,
    atLeast: number,
    interest: EventInterest | undefined,
  ): RowSlice<EventRow> {
    const budget = { rows: atLeast, bytes: limits.subscriberReadBytes };
    return this.#lives.reading(tenant, (store) =>
      store.snapshot((reads) =>
        interest === undefined || takesAll(interest.filter)
          ? readAll(reads, after, budget)
          : readWanted(reads, after, budget, interest.filter),
      ),
    );
  }

  judge(tenant: TenantLife): Judge<EventRow, EventInterest, StoredEvent> {
    return this.#lives.reading(tenant, (store) => new EventJudge(store, this.#reads));
  }

  startPosition(tenant: TenantLife): number {
    return this.#lives.reading(tenant, ({ reads }) => reads.events.lastGlobalNonce);
  }

  idlePosition(_tenantId: string, read: number): number {
    return read;
  }

  deadEnd(tenant: TenantLife): unknown {
    return this.#lives.deadEnd(tenant);
  }

  passes(error: unknown): boolean {
    return this.#lives.passes(error);
  }
}

function readAll({ events: reader }: TenantReads, after: number, budget: EventBudget) {
  const events = reader.ofTenant(after + 1, false, budget);
  return { rows: events.map(rowOf), end: events.at(-1)?.globalNonce ?? after };
}

/** What indexes know to hold nothing is passed over; of what is left so many events are looked at. */
function readWanted(
  { events: reader, eventMatches }: TenantReads,
  after: number,
  budget: EventBudget,
  filter: EventFilter,
): RowSlice<EventRow> {
  const head = reader.lastGlobalNonce;
  const { eventTypes, tags } = filter;
  const byIndex = eventTypes.length + tags.length > 0;
  const low = byIndex ? eventMatches.firstBehind(after, { eventTypes, tags }) : after + 1;
  if (low === undefined || low > head) return { rows: [], end: Math.max(after, head) };
  const high = Math.min(head, low + LOOK_ROWS - 1);
  const wanted = { filter, hiddenTypes: [] };
  const events = reader.matching({ low, high, backward: false }, wanted, budget);
  const bytes = events.reduce((sum, event) => sum + bytesOf(event), 0);
  const isFull = events.length >= budget.rows || bytes >= budget.bytes;
  return { rows: events.map(rowOf), end: isFull ? (events.at(-1)?.globalNonce ?? high) : high };
}

/** Events that one read by a filter looks at, in a turn that others wait for. */
const LOOK_ROWS = 512;

function bytesOf({ payload, metadata }: StoredEvent): number {
  return payload.length + metadata.length;
}

function rowOf(event: StoredEvent): EventRow {
  return { position: event.globalNonce, bytes: bytesOf(event), event };
}

/** Filters, and leaves out what the subscriber may not read at this moment. */
class EventJudge implements Judge<EventRow, EventInterest, StoredEvent> {
  readonly #store: TenantStore;
  readonly #reads: EventReads;
  readonly #takes = new Map<EventInterest, (event: StoredEvent) => boolean>();

  constructor(store: TenantStore, reads: EventReads) {
    this.#store = store;
    this.#reads = reads;
  }

  get stands(): boolean {
    return !this.#store.closed;
  }

  see({ event }: EventRow, interest: EventInterest): StoredEvent | undefined {
    let takes = this.#takes.get(interest);
    if (takes === undefined) {
      takes = this.#compile(interest);
      this.#takes.set(interest, takes);
    }
    return takes(event) ? event : undefined;
  }

  #compile({ caller, filter }: EventInterest): (event: StoredEvent) => boolean {
    const hidden = this.#reads.hiddenTypes(this.#store, caller);
    const matches = compileEventFilter(filter);
    if (hidden.size === 0) return matches;
    return (event) => !hidden.has(event.aggregateType) && matches(event);
  }
}
