import { must } from "../../base/assert.ts";
import type { CancelSignal } from "../../base/cancel-signal.ts";
import { markAt, recordEntries } from "../epochs/batch-entries.ts";
import { type ClaimEntry, type Entry, encodeEntry } from "../epochs/entry.ts";
import type { Place } from "../epochs/ledger.ts";
import type { Landed, MessageSender } from "../epochs/message-log.ts";
import { RECORDS_PER_MARK } from "../epochs/places.ts";
import type { LogRecord } from "../wal.ts";
import type { KafkaMessage, ProducerIdentity } from "./broker-types.ts";
import type { KafkaLink } from "./kafka-link.ts";

/**
 * Sends batches of messages, one per record, and a mark now and then. One producer serves one
 * epoch, and sends the same batch under the same number until the brokers have it, so that
 * they append it once; after a send that was given up it is not used again.
 */
export class KafkaSender implements MessageSender {
  readonly #link: KafkaLink;
  #producer: Producer | undefined;
  #recordsSinceMark = Number.POSITIVE_INFINITY;

  constructor(link: KafkaLink) {
    this.#link = link;
  }

  async claim(claim: ClaimEntry, signal: CancelSignal): Promise<Landed> {
    const identity = await this.#link.persistently((session) => session.newProducer(), signal);
    const producer = { identity, sequence: 0 };
    const base = await this.#produce(producer, [claim], signal);
    this.#producer = producer;
    this.#recordsSinceMark = Number.POSITIVE_INFINITY;
    return { next: BigInt(base) + 1n, isAdjacent: false, isMarked: false };
  }

  async send(place: Place, records: readonly LogRecord[], signal: CancelSignal): Promise<Landed> {
    const producer = must(this.#producer, "a claim comes first");
    const isMarked = records.length === 0 || this.#recordsSinceMark >= RECORDS_PER_MARK;
    const entries = [...(isMarked ? [markAt(place)] : []), ...recordEntries(place, records)];
    const base = BigInt(await this.#produce(producer, entries, signal));
    const isAdjacent = base === place.position;
    const since = isMarked ? 0 : this.#recordsSinceMark;
    this.#recordsSinceMark = isAdjacent ? since + records.length : Number.POSITIVE_INFINITY;
    return { next: base + BigInt(entries.length), isAdjacent, isMarked };
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  /** Answers Kafka's offset of the first message. */
  async #produce(
    producer: Producer,
    entries: readonly Entry[],
    signal: CancelSignal,
  ): Promise<number> {
    const { identity, sequence } = producer;
    const messages = entries.map((entry): KafkaMessage => {
      return { key: null, value: encodeEntry(entry) };
    });
    const base = await this.#link.persistently(
      (session) => session.produce(identity, sequence, messages),
      signal,
    );
    producer.sequence = (sequence + messages.length) % SEQUENCES;
    return base;
  }
}

/** One name at the brokers, and its next sequence number there. */
interface Producer {
  readonly identity: ProducerIdentity;
  sequence: number;
}

/** Kafka counts a producer's messages from 0 to 2^31 - 1, and then from 0 again. */
const SEQUENCES = 2 ** 31;
