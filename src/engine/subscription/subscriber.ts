/**
 * One who subscribes: a position, and the way from there. Rows behind it come from memory or
 * from the view, are judged record by record as they are handed over, and when there are none
 * it waits at its feed.
 *
 * Invariant: everything up to the position was handed over, or is not for this subscriber.
 */
import type { CancelSignal } from "../../base/cancel-signal.ts";
import type { Clock } from "../../base/clock.ts";
import { EntError } from "../../base/errors.ts";
import type { Feed, Group } from "./feed.ts";
import type { Pump } from "./pump.ts";
import type { PlacedRow, RowSlice, RowSource, TenantLife } from "./row-source.ts";

/** What one record holds for a subscriber; without items: a sign of life. */
export interface Batch<Item> {
  readonly items: readonly Item[];
  /** Everything up to and including it has been handed over. */
  readonly position: number;
}

export interface Subscription<Interest> {
  readonly tenant: TenantLife;
  readonly interest: Interest;
  /** The same for all who ask for the same with the same eyes. */
  readonly key: string;
  /** Rows behind it. */
  readonly after: number;
  readonly heartbeatMs: number;
  /** Unix milliseconds; Infinity: never. */
  readonly expiresAt: number;
}

interface SubscriberDeps<Row extends PlacedRow, Interest, Item> {
  readonly source: RowSource<Row, Interest, Item>;
  readonly clock: Clock;
  readonly pump: Pump;
  readonly feed: Feed<Row, Interest, Item>;
  readonly group: Group<Row, Interest, Item>;
}

/** Before a tenant that cannot be read is tried again. */
const RETRY_MS = 50;

export class Subscriber<Row extends PlacedRow, Interest, Item> {
  readonly #deps: SubscriberDeps<Row, Interest, Item>;
  readonly #heartbeatMs: number;
  readonly #expiresAt: number;
  readonly #signal: CancelSignal;
  #position: number;
  #sentAtMs = 0;
  /** Since when there has been nothing to hand over; undefined: something was handed over last. */
  #idleSinceMs: number | undefined;

  constructor(
    deps: SubscriberDeps<Row, Interest, Item>,
    wanted: Subscription<Interest>,
    signal: CancelSignal,
  ) {
    this.#deps = deps;
    this.#heartbeatMs = wanted.heartbeatMs;
    this.#expiresAt = wanted.expiresAt;
    this.#signal = signal;
    this.#position = wanted.after;
  }

  /** Until the signal aborts; to be run once. Throws UNAUTHENTICATED, and what ends the rows. */
  async *run(): AsyncGenerator<Batch<Item>> {
    yield this.#sending([]);
    while (!this.#signal.aborted) {
      yield* this.#catchUp();
      if (this.#signal.aborted) return;
      this.#idleSinceMs ??= this.#deps.clock.monotonic();
      await this.#wait();
      this.#requireValid();
      if (!this.#isHeartbeatDue) continue;
      this.#position = this.#deps.feed.reached(this.#position);
      yield this.#sending([]);
    }
  }

  /** Hands over what there is behind the position, as far as one read goes. */
  async *#catchUp(): AsyncGenerator<Batch<Item>> {
    const { rows, end } = await this.#rowsBehind();
    const { sendsTogether } = this.#deps.source;
    for (const record of sendsTogether ? allOf(rows) : recordsOf(rows)) {
      this.#requireValid();
      const items = await this.#itemsOf(record.rows);
      if (items === "later") return;
      this.#position = record.position;
      if (items.length > 0) {
        this.#idleSinceMs = undefined;
        yield this.#sending(items);
      }
      if (this.#signal.aborted) return;
    }
    this.#position = Math.max(this.#position, end);
  }

  /** Until there may be something behind the position, or a heartbeat or the end is due. */
  async #wait(): Promise<void> {
    const { clock, feed, group } = this.#deps;
    const heartbeatInMs = this.#heartbeatAtMs - clock.monotonic();
    const ms = Math.min(heartbeatInMs, this.#expiresAt - clock.now());
    if (ms <= 0) return;
    const upTo = await feed.wait(group, this.#position, ms, this.#signal);
    if (upTo !== undefined) this.#position = upTo;
  }

  get #isHeartbeatDue(): boolean {
    return this.#deps.clock.monotonic() >= this.#heartbeatAtMs;
  }

  /** Whoever was slow to take the last batch is not told of its end at once: that is no idleness. */
  get #heartbeatAtMs(): number {
    return Math.max(this.#sentAtMs, this.#idleSinceMs ?? 0) + this.#heartbeatMs;
  }

  #sending(items: readonly Item[]): Batch<Item> {
    this.#sentAtMs = this.#deps.clock.monotonic();
    return { items, position: this.#position };
  }

  /** From memory, else from the view in a turn of the pump. None, after a while, when the tenant cannot be read now. */
  async #rowsBehind(): Promise<RowSlice<Row>> {
    const { feed, group, pump } = this.#deps;
    const after = this.#position;
    try {
      return feed.recent(after) ?? (await pump.run(() => feed.history(group, after)));
    } catch (error) {
      await this.#passed(error);
      return { rows: [], end: after };
    }
  }

  /** What there is in one record; "later", after a while, when the tenant cannot be read now. */
  async #itemsOf(rows: readonly Row[]): Promise<Item[] | "later"> {
    const { feed, group } = this.#deps;
    try {
      return rows.map((row) => feed.see(group, row)).filter((item) => item !== undefined);
    } catch (error) {
      await this.#passed(error);
      return "later";
    }
  }

  /** Throws again what does not pass by itself. */
  async #passed(error: unknown): Promise<void> {
    if (!this.#deps.source.passes(error)) throw error;
    await this.#deps.clock.sleep(RETRY_MS, this.#signal);
  }

  #requireValid(): void {
    if (this.#deps.clock.now() < this.#expiresAt) return;
    throw credentialExpired();
  }
}

export function credentialExpired(): EntError {
  return new EntError({
    code: "unauthenticated",
    reason: "UNAUTHENTICATED",
    message: "The credential with which this began is not valid any more.",
    hint: "Begin again with a valid one, from the last position.",
  });
}

/** The rows of several records as if they were one. */
function* allOf<Row extends PlacedRow>(rows: readonly Row[]): Generator<RecordRows<Row>> {
  const last = rows.at(-1);
  if (last !== undefined) yield { position: last.position, rows };
}

interface RecordRows<Row> {
  readonly position: number;
  readonly rows: readonly Row[];
}

function* recordsOf<Row extends PlacedRow>(rows: readonly Row[]): Generator<RecordRows<Row>> {
  for (let from = 0; from < rows.length; ) {
    const position = rows[from]?.position ?? 0;
    let to = from + 1;
    while (rows[to]?.position === position) to += 1;
    yield { position, rows: rows.slice(from, to) };
    from = to;
  }
}
