import type { EventBatch } from "../../src/engine/events.ts";
import { EVERY_EVENT, type EventFilter } from "../../src/record/event.ts";
import { type TestPartition, until } from "./partition.ts";

/** Where a subscription begins, what it wants, and until when it may go on; by default everything, for ever. */
export interface Followed {
  readonly from?: number;
  readonly filter?: Partial<EventFilter>;
  readonly expiresAt?: number;
}

/** One who follows the events of the tenant `acme` in the background, as fast as the test lets it. */
export class EventFollower {
  readonly batches: EventBatch[] = [];
  error: unknown;
  isOver = false;
  readonly #abort = new AbortController();
  readonly #ended: Promise<void>;
  #paused: PromiseWithResolvers<void> | undefined;

  constructor(
    partition: TestPartition,
    { from = 0, filter = {}, expiresAt = Number.POSITIVE_INFINITY }: Followed,
  ) {
    const request = {
      fromGlobalNonce: BigInt(from),
      consumer: "",
      filter: { ...EVERY_EVENT, ...filter },
      keepAliveMs: 0,
      expiresAt,
    };
    const { engine } = partition;
    const { caller } = partition.tenant("acme");
    this.#ended = this.#run(engine.events.subscribe(caller, request, this.#abort.signal));
  }

  get nonces(): number[] {
    return this.batches.flatMap((batch) => batch.events.map(({ globalNonce }) => globalNonce));
  }

  get keepAlives(): number {
    return this.batches.filter((batch) => batch.events.length === 0).length;
  }

  pause(): void {
    this.#paused ??= Promise.withResolvers();
  }

  resume(): void {
    this.#paused?.resolve();
    this.#paused = undefined;
  }

  /** Until so many events came, or it is over. */
  async seen(count: number): Promise<void> {
    await until(() => this.nonces.length >= count || this.isOver);
  }

  async stop(): Promise<void> {
    this.resume();
    this.#abort.abort();
    await this.#ended;
  }

  async #run(batches: AsyncIterable<EventBatch>): Promise<void> {
    try {
      for await (const batch of batches) {
        this.batches.push(batch);
        await this.#paused?.promise;
      }
    } catch (error) {
      this.error = error;
    } finally {
      this.isOver = true;
    }
  }
}
