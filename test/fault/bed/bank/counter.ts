/**
 * A bank's requests to the server as it runs at the moment, by the native service and by
 * `eventstore.v1`. What is answered is an outcome, or undefined where nobody can know one.
 */
import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import type { Event, NewEvent } from "../../../../gen/entdb/v1/event_model_pb.ts";
import { EventStoreService } from "../../../../gen/entdb/v1/events_pb.ts";
import { type EventData, EventStore } from "../../../../gen/eventstore/v1/eventstore_pb.ts";
import { ErrorInfoSchema } from "../../../../gen/google/rpc/error_details_pb.ts";
import { transportOf } from "../../../harness/wire.ts";
import { contextOf } from "../requests.ts";
import { Violation } from "../violation.ts";
import type { BankEvent, Entry, Outcome, Posting } from "./ledger.ts";

export const BANK = "bank";
const ACCOUNT_TYPE = "Account";
const EVENT_TYPE = "account.posted";
const TIMEOUT_MS = 10_000;
/** With these, the server or the way to it may have gone before or after it was done. */
const UNDECIDED = new Set([
  Code.Unavailable,
  Code.DeadlineExceeded,
  Code.Canceled,
  Code.Unknown,
  Code.Internal,
  Code.Aborted,
  Code.ResourceExhausted,
]);

export class Counter {
  readonly #native: Client<typeof EventStoreService>;
  readonly #v1: Client<typeof EventStore>;

  constructor(grpcUrl: string) {
    const transport = transportOf("grpc", grpcUrl, "2");
    this.#native = createClient(EventStoreService, transport);
    this.#v1 = createClient(EventStore, transport);
  }

  /** Undefined: nobody knows. Throws a {@link Violation} about a refusal that nothing gives reason for. */
  async send(entry: Entry): Promise<Outcome | undefined> {
    try {
      return await (entry.wire === "native" ? this.#transfer(entry) : this.#post(entry));
    } catch (thrown) {
      const error = ConnectError.from(thrown);
      const [info] = error.findDetails(ErrorInfoSchema);
      if (info?.reason === "CONCURRENCY_CONFLICT") return { state: "refused" };
      if (UNDECIDED.has(error.code)) return undefined;
      throw new Violation(`${JSON.stringify(entry)}: ${error.message}`, { cause: thrown });
    }
  }

  /** The last posting of an account. Throws when nobody answers. */
  async last(account: string): Promise<Posting> {
    const request = { context: contextOf(BANK), aggregateId: account, maxCount: 1, backward: true };
    const { events } = await this.#native.readAggregate(request, { timeoutMs: TIMEOUT_MS });
    const [event] = events;
    if (event === undefined) throw new Violation(`${account} has no events`);
    return ofNative(event);
  }

  /** All events of the tenant, in their order. */
  async history(): Promise<BankEvent[]> {
    const events: BankEvent[] = [];
    for (let from = 1n; ; ) {
      const request = { context: contextOf(BANK), fromGlobalNonce: from };
      const page = await this.#native.readEvents(request);
      for (const event of page.events) events.push(ofNative(event));
      if (page.isEnd) return events;
      from = page.nextFromGlobalNonce;
    }
  }

  /** Undefined for a keep-alive. Ends when the signal aborts or the server is gone. */
  async *follow(
    wire: Entry["wire"],
    prefix: string,
    from: number,
    signal: AbortSignal,
  ): AsyncGenerator<BankEvent | undefined> {
    const fromGlobalNonce = BigInt(from);
    if (wire === "v1") {
      const request = { tenantId: BANK, aggregateIdPrefix: prefix, fromGlobalNonce };
      for await (const { event } of this.#v1.subscribe(request, { signal })) {
        yield event && ofV1(event);
      }
      return;
    }
    const filter = { aggregateIdPrefix: prefix };
    const request = { context: contextOf(BANK), filter, fromGlobalNonce };
    for await (const { event } of this.#native.subscribeEvents(request, { signal })) {
      yield event && ofNative(event);
    }
  }

  async #transfer({ key, postings }: Entry): Promise<Outcome> {
    const appends = postings.map((posting) => ({
      aggregateId: posting.account,
      aggregateType: ACCOUNT_TYPE,
      expected: { kind: { case: "exact" as const, value: BigInt(posting.aggregateNonce - 1) } },
      events: [nativeEvent(posting)],
    }));
    const request = { context: contextOf(BANK), idempotencyKey: key, appends };
    const { results } = await this.#native.appendEvents(request, { timeoutMs: TIMEOUT_MS });
    const heads = results.map(({ lastAggregateNonce, lastGlobalNonce }) => ({
      aggregateNonce: Number(lastAggregateNonce),
      globalNonce: Number(lastGlobalNonce),
    }));
    return { state: "done", heads };
  }

  async #post({ key, postings }: Entry): Promise<Outcome> {
    const [first] = postings;
    const request = {
      tenantId: BANK,
      aggregateId: first?.account ?? "",
      aggregateType: ACCOUNT_TYPE,
      expectedAggregateNonce: BigInt((first?.aggregateNonce ?? 1) - 1),
      idempotencyKey: key,
      events: postings.map((posting) => {
        const { payload, ...meta } = nativeEvent(posting);
        return { meta, payload };
      }),
    };
    const answer = await this.#v1.append(request, { timeoutMs: TIMEOUT_MS });
    const head = {
      aggregateNonce: Number(answer.lastAggregateNonce),
      globalNonce: Number(answer.lastGlobalNonce),
    };
    return { state: "done", heads: [head] };
  }
}

function nativeEvent({ eventId, aggregateNonce, amount, balance }: Posting) {
  return {
    eventId,
    eventType: EVENT_TYPE,
    aggregateNonce: BigInt(aggregateNonce),
    payload: Buffer.from(JSON.stringify({ amount, balance })),
  } satisfies Partial<NewEvent>;
}

function ofNative(event: Event): BankEvent {
  return bankEvent(event, event.payload);
}

function ofV1({ meta, payload }: EventData): BankEvent {
  if (meta === undefined) throw new Violation("an event comes without metadata");
  return bankEvent(meta, payload);
}

type Placed = Pick<Event, "eventId" | "aggregateId" | "aggregateNonce" | "globalNonce">;

function bankEvent(placed: Placed, payload: Uint8Array): BankEvent {
  const { amount, balance } = JSON.parse(Buffer.from(payload).toString());
  return {
    account: placed.aggregateId,
    aggregateNonce: Number(placed.aggregateNonce),
    eventId: placed.eventId,
    amount,
    balance,
    globalNonce: Number(placed.globalNonce),
  };
}
