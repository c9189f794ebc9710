/**
 * A partition of messages in memory, as Kafka and Kinesis keep them, for several writers at
 * once. It does to requests what services do: loses the answer to what it took, takes a request
 * long after its writer gave up on it, takes it twice, or only some messages of a batch.
 */
import type { Clock } from "../../src/base/clock.ts";
import { markAt, recordEntries } from "../../src/wal/epochs/batch-entries.ts";
import type { ClaimEntry, Entry } from "../../src/wal/epochs/entry.ts";
import { FIRST_PLACE, Ledger, type Place, placeBefore } from "../../src/wal/epochs/ledger.ts";
import type { Message } from "../../src/wal/epochs/message.ts";
import type {
  Bounds,
  Landed,
  MessageLog,
  MessageReader,
  MessageSender,
} from "../../src/wal/epochs/message-log.ts";
import { persistently } from "../../src/wal/epochs/persistently.ts";
import { logUnavailable } from "../../src/wal/errors.ts";
import type { LogRecord } from "../../src/wal/wal.ts";

/** What happens to one message on its way. */
export type PutFault =
  /** It lands, and the writer is told that nobody knows. */
  | "answer lost"
  /** It does not land, and the writer is told that nobody knows. */
  | "request lost"
  /** As "request lost", but it lands when {@link MessagePartition.landLate} is called. */
  | "late"
  /** It lands twice. */
  | "twice"
  /** The service refuses it, and would again. */
  | "refused";

export class MessagePartition {
  readonly messages: Message[] = [];
  /** Asked for each message that is put. Undefined: nothing happens to it. */
  fault: (entries: readonly Entry[]) => PutFault | undefined = () => undefined;
  /** Nobody who reads is answered. */
  isSilent = false;
  readonly #late: (readonly Entry[])[] = [];

  /** It as one of its users reaches it; `clock` times the pauses between attempts. */
  open(clock: Clock, options: { readonly knowsPlaces?: boolean } = {}): MessageLog {
    return {
      name: "The partition",
      reader: new Reader(this, clock),
      sender: new Sender(this, clock, options.knowsPlaces ?? false),
      batchBytes: 1_024 * 1_024,
      patienceMs: 1_000,
      unreachable: (cause) => logUnavailable("the partition is silent", cause),
    };
  }

  get end(): bigint {
    return BigInt(this.messages.length);
  }

  /** Answers the position behind it. */
  put(entries: readonly Entry[]): bigint {
    const fault = this.fault(entries);
    if (fault === "refused") throw new Refused();
    if (fault === "late") this.#late.push(entries);
    if (fault === "late" || fault === "request lost") throw new Error("no answer");
    const next = this.#land(entries);
    if (fault === "twice") this.#land(entries);
    if (fault === "answer lost") throw new Error("no answer");
    return next;
  }

  /** What writers gave up on lands now. */
  landLate(): void {
    for (const entries of this.#late.splice(0)) this.#land(entries);
  }

  #land(entries: readonly Entry[]): bigint {
    this.messages.push({ from: this.end, next: this.end + 1n, entries });
    return this.end;
  }
}

class Refused extends Error {}

class Reader implements MessageReader {
  readonly #partition: MessagePartition;
  readonly #clock: Clock;

  constructor(partition: MessagePartition, clock: Clock) {
    this.#partition = partition;
    this.#clock = clock;
  }

  async bounds(signal: AbortSignal): Promise<Bounds | undefined> {
    await this.#answer(signal);
    const [message] = this.#partition.messages;
    if (message === undefined) return undefined;
    const ledger = new Ledger(FIRST_PLACE);
    ledger.take(message);
    const first = ledger.place;
    return { first, last: this.#marks().at(-1) ?? first };
  }

  async *onwards(
    from: bigint,
    until: bigint,
    signal: AbortSignal,
  ): AsyncGenerator<readonly Message[]> {
    await this.#answer(signal);
    if (until > this.#partition.end) throw new Error("nothing is there yet");
    const found = this.#partition.messages.slice(Number(from));
    for (const message of found) yield [message];
  }

  async some(from: bigint, until: bigint, signal: AbortSignal): Promise<readonly Message[]> {
    await this.#answer(signal);
    return this.#partition.messages.slice(Number(from), Number(until)).slice(0, MESSAGES);
  }

  async placeBefore(
    offset: number,
    _between: Bounds,
    signal: AbortSignal,
  ): Promise<Place | undefined> {
    await this.#answer(signal);
    return this.#marks().findLast((place) => place.offset <= offset);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #marks(): Place[] {
    return this.#partition.messages.flatMap((message) => placeBefore(message) ?? []);
  }

  #answer(signal: AbortSignal): Promise<void> {
    const attempt = async () => {
      if (this.#partition.isSilent) throw new Error("no answer");
    };
    return persistently(attempt, { clock: this.#clock, signal, isFinal: () => false });
  }
}

class Sender implements MessageSender {
  readonly #partition: MessagePartition;
  readonly #clock: Clock;
  readonly #knowsPlaces: boolean;

  constructor(partition: MessagePartition, clock: Clock, knowsPlaces: boolean) {
    this.#partition = partition;
    this.#clock = clock;
    this.#knowsPlaces = knowsPlaces;
  }

  async claim(claim: ClaimEntry, signal: AbortSignal): Promise<Landed> {
    return this.#landed(await this.#put([claim], signal), false);
  }

  /** A message for each few records, as a batch that no message can hold. */
  async send(place: Place, records: readonly LogRecord[], signal: AbortSignal): Promise<Landed> {
    const entries = recordEntries(place, records);
    let next = await this.#put([markAt(place), ...entries.splice(0, FEW)], signal);
    const isAdjacent = next === place.position + 1n && entries.length === 0;
    while (entries.length > 0) next = await this.#put(entries.splice(0, FEW), signal);
    return this.#landed(next, isAdjacent);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #landed(next: bigint, isAdjacent: boolean): Landed {
    return { next, isAdjacent: isAdjacent && this.#knowsPlaces, isMarked: isAdjacent };
  }

  #put(entries: readonly Entry[], signal: AbortSignal): Promise<bigint> {
    const isFinal = (error: unknown) => error instanceof Refused;
    const attempt = async () => this.#partition.put(entries);
    return persistently(attempt, { clock: this.#clock, signal, isFinal });
  }
}

const MESSAGES = 100;
const FEW = 50;
