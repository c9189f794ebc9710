/**
 * One tenant's rows, for all who subscribe to them: the newest in memory, the others in the
 * view. New rows are read once, judged once for each group of subscribers who ask for the
 * same with the same eyes, and only those are woken for whom there is something.
 *
 * A subscriber is a position. While it waits here everything up to `#done` has been looked at
 * for it; while its consumer is busy it is not here at all, and finds what came meanwhile by
 * its position. So there is no border between history and live that could have a gap, and
 * nothing is kept for whoever is slow.
 */
import { abortable, type Settle } from "../../base/abortable.ts";
import type { CancelSignal } from "../../base/cancel-signal.ts";
import type { Clock } from "../../base/clock.ts";
import { firstIndex } from "../../base/first-index.ts";
import { limits } from "../../base/limits.ts";
import type { Pump } from "./pump.ts";
import type { Judge, PlacedRow, RowSlice, RowSource, TenantLife } from "./row-source.ts";

/** Rows that are looked at for all groups before the next are read. */
const TICK_ROWS = 32;
/** Looking gives way when it has taken this long in one go. */
const LOOK_MS = 2;
/** Judgements that a group remembers while the view stands still. */
const REMEMBERED = 256;

/** Subscribers who ask for the same with the same eyes. */
export interface Group<Row, Interest, Item> {
  readonly key: string;
  readonly interest: Interest;
  members: number;
  /** Those who have everything; woken with the position up to which there is nothing for them. */
  readonly waiting: Set<Settle<number>>;
  judge: Judge<Row, Interest, Item> | undefined;
  /** What that judge has said. */
  readonly seen: Map<Row, Item | undefined>;
}

export interface FeedDeps<Row extends PlacedRow, Interest, Item> {
  readonly source: RowSource<Row, Interest, Item>;
  readonly clock: Clock;
  readonly pump: Pump;
}

export class Feed<Row extends PlacedRow, Interest, Item> {
  readonly tenant: TenantLife;
  readonly #deps: FeedDeps<Row, Interest, Item>;
  readonly #groups = new Map<string, Group<Row, Interest, Item>>();
  /** The newest rows: all of those behind `#tailFrom` up to `#read`. */
  #tail: Row[] = [];
  #tailBytes = 0;
  #tailFrom: number;
  #read: number;
  /** Up to here every row has been looked at for those who wait. */
  #done: number;
  #looking: { readonly rows: readonly Row[]; readonly groups: Group<Row, Interest, Item>[] };
  /** There may be rows behind `#read`. */
  #dirty = false;
  #working = false;
  #judge: Judge<Row, Interest, Item> | undefined;
  #judgedAt = 0;
  #ended: { readonly error: unknown } | undefined;

  constructor(tenant: TenantLife, deps: FeedDeps<Row, Interest, Item>) {
    this.tenant = tenant;
    this.#deps = deps;
    this.#read = deps.source.startPosition(tenant);
    this.#tailFrom = this.#read;
    this.#done = this.#read;
    this.#looking = { rows: [], groups: [] };
    // The view may hold a commit that the applier has not told of yet.
    this.moved();
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  get isEmpty(): boolean {
    return this.#groups.size === 0;
  }

  join(key: string, interest: Interest): Group<Row, Interest, Item> {
    let group = this.#groups.get(key);
    if (group === undefined) {
      const nobody = { members: 0, waiting: new Set<Settle<number>>() };
      group = { key, interest, ...nobody, judge: undefined, seen: new Map() };
      this.#groups.set(key, group);
    }
    group.members += 1;
    return group;
  }

  leave(group: Group<Row, Interest, Item>): void {
    group.members -= 1;
    if (group.members === 0) this.#groups.delete(group.key);
  }

  /** The tenant's view holds more, or its trouble has changed. */
  moved(): void {
    this.#judge = undefined;
    this.#dirty = true;
    if (this.#working || this.ended) return;
    this.#working = true;
    this.#deps.pump.add(() => this.#work());
  }

  /** Nothing more will come. Those who have everything are told why now, the others once they have. */
  end(error: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = { error };
    for (const group of this.#groups.values()) {
      for (const settle of [...group.waiting]) settle.reject(error);
    }
  }

  /** What the group gets for the row, judged on the view as it is now. */
  see(group: Group<Row, Interest, Item>, row: Row): Item | undefined {
    const judge = this.#currentJudge();
    if (group.judge !== judge || group.seen.size >= REMEMBERED) {
      group.judge = judge;
      group.seen.clear();
    }
    if (group.seen.has(row)) return group.seen.get(row);
    const item = judge.see(row, group.interest);
    group.seen.set(row, item);
    return item;
  }

  /** Rows behind a position that are in memory; undefined when there may be others in the view. */
  recent(after: number): RowSlice<Row> | undefined {
    if (after < this.#tailFrom) return undefined;
    const from = firstBehind(this.#tail, after);
    const to = endOfRecord(this.#tail, from + limits.watchReadRows);
    const rows = this.#tail.slice(from, to);
    const last = rows.at(-1);
    if (last !== undefined && to < this.#tail.length) return { rows, end: last.position };
    return { rows, end: Math.max(this.#read, after) };
  }

  /**
   * Rows behind a position from the view, without the records at their beginning in which
   * there is nothing for the group. To be called in turns of the pump.
   */
  history(group: Group<Row, Interest, Item>, after: number): RowSlice<Row> {
    const { rows, end } = this.#deps.source.read(
      this.tenant,
      after,
      limits.watchReadRows,
      group.interest,
    );
    const found = rows.find((row) => this.see(group, row) !== undefined);
    if (found === undefined) return { rows: [], end };
    return { rows: rows.filter((row) => row.position >= found.position), end };
  }

  /** How far somebody has come who has everything up to a position and for whom nothing was found since. */
  reached(position: number): number {
    if (this.#dirty || this.#working || position < this.#done) return position;
    return Math.max(position, this.#deps.source.idlePosition(this.tenant.tenantId, this.#read));
  }

  /**
   * Waits for so many milliseconds, or until there is something for the group. Resolves with
   * the position up to which there is nothing. Rejects with why nothing more will come, and
   * with the signal's reason. Undefined, without waiting, when more has been read already.
   */
  wait(
    group: Group<Row, Interest, Item>,
    position: number,
    ms: number,
    signal: CancelSignal,
  ): Promise<number> | undefined {
    if (position < this.#read) return undefined;
    if (this.#ended !== undefined) return Promise.reject(this.#ended.error);
    return abortable<number>(signal, (settle) => {
      group.waiting.add(settle);
      const elapsed = () => settle.resolve(this.reached(Math.max(position, this.#done)));
      const cancel = this.#deps.clock.timer(ms, elapsed);
      return () => {
        cancel();
        group.waiting.delete(settle);
      };
    }).then((upTo) => Math.max(position, upTo));
  }

  /** One for as long as neither the view nor the time has moved. */
  #currentJudge(): Judge<Row, Interest, Item> {
    const now = this.#deps.clock.now();
    const known = this.#judge;
    if (known?.stands && this.#judgedAt === now) return known;
    const judge = this.#deps.source.judge(this.tenant);
    this.#judge = judge;
    this.#judgedAt = now;
    return judge;
  }

  /** A turn of the pump: reads what is new, and looks at it for those who wait. */
  #work(): void {
    if (this.ended) return;
    try {
      const goesOn = this.#looking.groups.length > 0 ? this.#look() : this.#next();
      if (goesOn) return this.#deps.pump.add(() => this.#work());
    } catch (error) {
      // The tenant moves on by itself, and then says so; what was not looked at yet waits.
      if (!this.#deps.source.passes(error)) return this.end(error);
      this.#dirty = true;
    }
    this.#working = false;
  }

  /** Whether there is more to be done. */
  #next(): boolean {
    this.#dirty = false;
    const { rows, end } = this.#deps.source.read(this.tenant, this.#read, TICK_ROWS, undefined);
    this.#keep(rows, end);
    if (rows.length >= TICK_ROWS) this.#dirty = true;
    const groups = rows.length === 0 ? [] : [...this.#groups.values()];
    this.#looking = { rows, groups: groups.filter(({ waiting }) => waiting.size > 0) };
    if (this.#looking.groups.length > 0) return this.#look();
    return this.#looked();
  }

  /** As {@link Feed.#next}. A group whose turn it is stays the last until it has been looked at. */
  #look(): boolean {
    const { clock } = this.#deps;
    const { rows, groups } = this.#looking;
    const untilMs = clock.monotonic() + LOOK_MS;
    for (let group = groups.at(-1); group !== undefined; group = groups.at(-1)) {
      const wanted: Group<Row, Interest, Item> = group;
      if (rows.some((row) => this.see(wanted, row) !== undefined)) {
        for (const settle of [...group.waiting]) settle.resolve(this.#done);
      }
      groups.pop();
      if (groups.length > 0 && clock.monotonic() >= untilMs) return true;
    }
    return this.#looked();
  }

  #looked(): boolean {
    this.#done = this.#read;
    if (this.#dirty) return true;
    const deadEnd = this.#deps.source.deadEnd(this.tenant);
    if (deadEnd !== undefined) this.end(deadEnd);
    return false;
  }

  #keep(rows: readonly Row[], end: number): void {
    this.#read = Math.max(this.#read, end);
    this.#tail.push(...rows);
    for (const { bytes = 0 } of rows) this.#tailBytes += bytes;
    const { watchTailRows, subscriberTailBytes } = limits;
    let spare = Math.max(0, this.#tail.length - watchTailRows);
    let bytes = this.#tailBytes - bytesOf(this.#tail, 0, spare);
    while (bytes > subscriberTailBytes) bytes -= this.#tail[spare++]?.bytes ?? 0;
    if (spare === 0) return;
    const cut = endOfRecord(this.#tail, spare);
    this.#tailFrom = this.#tail[cut - 1]?.position ?? this.#tailFrom;
    this.#tailBytes -= bytesOf(this.#tail, 0, cut);
    this.#tail = this.#tail.slice(cut);
  }
}

function bytesOf(rows: readonly PlacedRow[], from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += rows[i]?.bytes ?? 0;
  return sum;
}

/** Index of the first row behind a position. */
function firstBehind(rows: readonly PlacedRow[], position: number): number {
  return firstIndex(0, rows.length, (i) => (rows[i]?.position ?? 0) > position);
}

/** The first index from `at` on, 1 or more, at which a record begins, or the end. */
function endOfRecord(rows: readonly PlacedRow[], at: number): number {
  let end = Math.min(at, rows.length);
  while (end < rows.length && rows[end]?.position === rows[end - 1]?.position) end += 1;
  return end;
}
