/**
 * Reads of events and aggregates: what is asked for, checked, and pages of what readers find. By
 * key and by ranges of an index in the request's own turn; by filter in a read worker.
 *
 * What the caller may not read is passed over as if it were not there. Only the place that it
 * has in the order of the tenant shows, as a gap in global nonces.
 */
import { ByteWriter } from "../../base/bytes.ts";
import type { CancelSignal } from "../../base/cancel-signal.ts";
import { EntError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { type CursorScope, decodeCursor, encodeCursor } from "../../query/cursor.ts";
import type { Caller } from "../../record/caller.ts";
import { type Aggregate, EVERY_EVENT, type StoredEvent } from "../../record/event.ts";
import { takesAll } from "../../record/event-filter.ts";
import type { AggregateHead } from "../../store/reader/aggregate-reader.ts";
import type { EventBudget } from "../../store/reader/event-reader.ts";
import type { ReadWorkers } from "../../store/reader/read-workers.ts";
import type { TenantStore } from "../../store/tenant-store.ts";
import { checkFilter, checkText, reachableNonce, requireText } from "../check-events.ts";
import { pageRows } from "../edge-reads.ts";
import type {
  AggregatePage,
  AggregateRead,
  AggregatesRequest,
  EventPage,
  EventsRead,
} from "../events.ts";
import type { Viewers } from "../viewers.ts";

const BUDGET: EventBudget = { rows: limits.eventPageRows, bytes: limits.eventPageBytes };
const BACKWARD_START = Number.MAX_SAFE_INTEGER;

export interface EventReadsDeps {
  readonly viewers: Viewers;
  readonly workers: ReadWorkers;
}

/** Reads of one tenant's open files. */
export class EventReads {
  readonly #deps: EventReadsDeps;

  constructor(deps: EventReadsDeps) {
    this.#deps = deps;
  }

  /** A request that has been checked ({@link checkAggregateRead}). */
  readAggregate(store: TenantStore, caller: Caller, request: AggregateRead): EventPage {
    const { aggregateId, backward } = request;
    const hidden = this.hiddenTypes(store, caller);
    const from = startOf(request);
    return store.snapshot(({ events, aggregates }) => {
      const head = aggregates.head(aggregateId);
      if (head === undefined || hidden.has(head.aggregateType)) return nothing(request);
      const found = events.ofAggregate(aggregateId, from, backward, budgetOf(request));
      return backward ? backwardPage(found) : forwardPage(found, from, head);
    });
  }

  /** A request that has been checked ({@link checkEventsRead}). */
  async readEvents(
    store: TenantStore,
    caller: Caller,
    request: EventsRead,
    signal: CancelSignal,
  ): Promise<EventPage> {
    const { filter, backward } = request;
    const hidden = this.hiddenTypes(store, caller);
    const from = startOf(request);
    const budget = budgetOf(request);
    if (hidden.size === 0 && takesAll(filter)) return everyEvent(store, from, backward, budget);
    const wanted = { filter, hiddenTypes: [...hidden] };
    const scan = { wanted, from, backward, budget, scanRows: limits.eventScanRows };
    return await this.#deps.workers.run(store.readFile, { kind: "events", scan }, signal);
  }

  /** Throws AGGREGATE_NOT_FOUND. */
  getAggregate(store: TenantStore, caller: Caller, aggregateId: string): Aggregate {
    const found = store.reads.aggregates.find(aggregateId);
    if (found !== undefined && !this.hiddenTypes(store, caller).has(found.aggregateType)) {
      return found;
    }
    throw aggregateNotFound();
  }

  /** A request that has been checked ({@link checkAggregatesRequest}). Throws INVALID_CURSOR. */
  async listAggregates(
    store: TenantStore,
    caller: Caller,
    request: AggregatesRequest,
    signal: CancelSignal,
  ): Promise<AggregatePage> {
    const { aggregateType, aggregateIdPrefix: prefix, cursor } = request;
    const rows = pageRows(request.pageSize);
    const scope = cursorScope(caller, request);
    const after = cursor === undefined ? "" : placeIn(cursor, scope);
    const hiddenTypes = [...this.hiddenTypes(store, caller)];
    const list = { aggregateType, prefix, hiddenTypes, after, limit: rows + 1 };
    const work = { kind: "aggregates", list } as const;
    const { aggregates, lastGlobalNonce } = await this.#deps.workers.run(
      store.readFile,
      work,
      signal,
    );
    const page = aggregates.slice(0, rows);
    const last = page.at(-1);
    const hasMore = aggregates.length > rows;
    const nextCursor = hasMore && last !== undefined ? cursorBehind(last, scope) : undefined;
    return { aggregates: page, hasMore, nextCursor, lastGlobalNonce };
  }

  /** Types whose aggregates the caller may not read. */
  hiddenTypes(store: TenantStore, caller: Caller): ReadonlySet<string> {
    return store.reads.aggregateVisibility.hiddenFrom(this.#deps.viewers.of(store, caller));
  }
}

/** What reads answer where there is nothing: forward, the next event will be the first. */
export function nothing({ backward }: { readonly backward: boolean }): EventPage {
  return { events: [], isEnd: true, nextFrom: backward ? 0 : 1 };
}

/** Throws INVALID_REQUEST, LIMIT_EXCEEDED. */
export function checkAggregateRead({ aggregateId }: AggregateRead): void {
  requireText(aggregateId, "aggregate_id", "aggregateTextBytes");
}

/** Throws INVALID_REQUEST, LIMIT_EXCEEDED. */
export function checkEventsRead({ filter }: EventsRead): void {
  checkFilter(filter, "filter");
}

/** Throws INVALID_REQUEST, LIMIT_EXCEEDED. */
export function checkAggregatesRequest(request: AggregatesRequest): void {
  const { aggregateType, aggregateIdPrefix, pageSize } = request;
  checkText(aggregateType, "aggregate_type", "aggregateTextBytes");
  checkFilter({ ...EVERY_EVENT, aggregateIdPrefix }, "filter");
  pageRows(pageSize);
}

export function aggregateNotFound(): EntError {
  return new EntError({
    code: "not_found",
    reason: "AGGREGATE_NOT_FOUND",
    message: "There is no aggregate with this id.",
    hint: "Check the id; an aggregate exists from its first event on.",
  });
}

function budgetOf({ maxCount }: Pick<AggregateRead, "maxCount">): EventBudget {
  return maxCount === 0 ? BUDGET : { ...BUDGET, rows: Math.min(BUDGET.rows, maxCount) };
}

function startOf({ from, backward }: Pick<AggregateRead, "from" | "backward">): number {
  if (from !== 0n) return reachableNonce(from);
  return backward ? BACKWARD_START : 1;
}

/** At the end, also of a read that began beyond it, the next is the one behind the head. */
function forwardPage(
  events: readonly StoredEvent[],
  from: number,
  { lastNonce }: Pick<AggregateHead, "lastNonce">,
): EventPage {
  const reached = events.at(-1)?.aggregateNonce ?? Math.max(from - 1, lastNonce);
  const isEnd = reached >= lastNonce;
  return { events, isEnd, nextFrom: isEnd ? lastNonce + 1 : reached + 1 };
}

function backwardPage(events: readonly StoredEvent[]): EventPage {
  const first = events.at(-1)?.aggregateNonce ?? 1;
  return { events, isEnd: first === 1, nextFrom: first - 1 };
}

function everyEvent(
  store: TenantStore,
  from: number,
  backward: boolean,
  budget: EventBudget,
): EventPage {
  return store.snapshot(({ events: reader }) => {
    const events = reader.ofTenant(from, backward, budget);
    const last = events.at(-1)?.globalNonce;
    if (backward) {
      const first = last ?? 1;
      return { events, isEnd: first === 1, nextFrom: first - 1 };
    }
    const head = reader.lastGlobalNonce;
    const reached = last ?? head;
    return { events, isEnd: reached >= head, nextFrom: reached + 1 };
  });
}

function cursorScope({ tenantId, actor }: Caller, request: AggregatesRequest): CursorScope {
  const writer = new ByteWriter(64);
  writer.text(request.aggregateType);
  writer.text(request.aggregateIdPrefix);
  const question = writer.take();
  const place = [{ kind: "bytes", nullable: false }] as const;
  return { tenantId, actor, listing: { kind: "aggregates", question, place } };
}

/** As bytes: an aggregate's id may hold what no text of the graph may. */
function cursorBehind({ aggregateId }: Aggregate, scope: CursorScope): Uint8Array {
  return encodeCursor(scope, [{ kind: "bytes", value: Buffer.from(aggregateId, "utf8") }]);
}

function placeIn(cursor: Uint8Array, scope: CursorScope): string {
  const [place] = decodeCursor(cursor, scope);
  return place?.kind === "bytes" ? Buffer.from(place.value).toString("utf8") : "";
}
