/**
 * A page of events by a filter, for read workers: in slices of global nonces, so many and no
 * more. A page that is not full says from where to go on. Forward, what indexes know to hold
 * nothing is passed over without a look.
 */
import type { Database } from "bun:sqlite";
import type { StoredEvent } from "../../record/event.ts";
import { EventMatches } from "./event-matches.ts";
import { type EventBudget, EventReader, type WantedEvents } from "./event-reader.ts";

export interface EventScanWork {
  readonly wanted: WantedEvents;
  /** Inclusive, from 1; backward from beyond the last event begins there. */
  readonly from: number;
  readonly backward: boolean;
  readonly budget: EventBudget;
  /** Events that may be looked at. */
  readonly scanRows: number;
}

export interface EventScan {
  readonly events: readonly StoredEvent[];
  readonly isEnd: boolean;
  readonly nextFrom: number;
}

/** Global nonces between two yields. */
const SLICE_ROWS = 1_000;

/** Run it in one read transaction. */
export function* scanEvents(db: Database, work: EventScanWork): Generator<void, EventScan> {
  const reader = new EventReader(db);
  const head = reader.lastGlobalNonce;
  return work.backward
    ? yield* backward(reader, work, head)
    : yield* forward(db, reader, work, head);
}

function* forward(
  db: Database,
  reader: EventReader,
  work: EventScanWork,
  head: number,
): Generator<void, EventScan> {
  const { wanted, budget, scanRows } = work;
  const matches = new EventMatches(db);
  const events: StoredEvent[] = [];
  let bytesLeft = budget.bytes;
  let looked = 0;
  let at = nextCandidate(matches, wanted, work.from, head);
  while (at <= head && looked < scanRows) {
    const high = Math.min(head, at + Math.min(SLICE_ROWS, scanRows - looked) - 1);
    const left = { rows: budget.rows - events.length, bytes: bytesLeft };
    const found = reader.matching({ low: at, high, backward: false }, wanted, left);
    events.push(...found);
    bytesLeft -= bytesOf(found);
    if (events.length >= budget.rows || bytesLeft <= 0) {
      at = (events.at(-1)?.globalNonce ?? high) + 1;
      break;
    }
    looked += high - at + 1;
    at = nextCandidate(matches, wanted, high + 1, head);
    yield;
  }
  // What follows may be looked for once more: a page that is full at the last match says so.
  if (at <= head) at = nextCandidate(matches, wanted, at, head);
  return { events, isEnd: at > head, nextFrom: at > head ? Math.max(head + 1, 1) : at };
}

function* backward(
  reader: EventReader,
  work: EventScanWork,
  head: number,
): Generator<void, EventScan> {
  const { wanted, budget, scanRows } = work;
  const events: StoredEvent[] = [];
  let bytesLeft = budget.bytes;
  let looked = 0;
  let at = Math.min(work.from, head);
  while (at >= 1 && looked < scanRows) {
    const low = Math.max(1, at - Math.min(SLICE_ROWS, scanRows - looked) + 1);
    const left = { rows: budget.rows - events.length, bytes: bytesLeft };
    const found = reader.matching({ low, high: at, backward: true }, wanted, left);
    events.push(...found);
    bytesLeft -= bytesOf(found);
    if (events.length >= budget.rows || bytesLeft <= 0) {
      at = (events.at(-1)?.globalNonce ?? low) - 1;
      break;
    }
    looked += at - low + 1;
    at = low - 1;
    yield;
  }
  return { events, isEnd: at < 1, nextFrom: Math.max(0, at) };
}

/** The first global nonce from one on that may be wanted; beyond the head when none is. */
function nextCandidate(
  matches: EventMatches,
  { filter }: WantedEvents,
  from: number,
  head: number,
): number {
  const { eventTypes, tags } = filter;
  if (eventTypes.length + tags.length === 0) return from;
  return matches.firstBehind(from - 1, { eventTypes, tags }) ?? head + 1;
}

function bytesOf(events: readonly StoredEvent[]): number {
  return events.reduce((sum, { payload, metadata }) => sum + payload.length + metadata.length, 0);
}
