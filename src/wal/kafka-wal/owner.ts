import { must } from "../../base/assert.ts";
import type { Random } from "../../base/random.ts";
import { logUnavailable } from "../errors.ts";
import type { LogRecord } from "../wal.ts";
import type { KafkaMessage, ProducerIdentity } from "./broker-types.ts";
import { CLAIM_ID_BYTES, type Entry, encodeEntry } from "./entry.ts";
import type { KafkaLink } from "./kafka-link.ts";
import type { Place } from "./ledger.ts";
import { RECORDS_PER_MARK } from "./places.ts";
import type { Tail } from "./tail.ts";

/**
 * The right to write a partition, and the writing.
 *
 * An epoch begins with a claim that its writer has read back; one producer serves one epoch, and
 * neither is used again after a send that was given up: what it may still leave in the partition
 * is then before the next claim, and counts, or behind it, and is refused by everybody. So
 * nothing stays unknown once the next claim has been read back.
 *
 * Whoever sees that somebody else has claimed the partition stops for good: two servers that
 * took it from each other in turns would serve nobody.
 */
export class Owner {
  readonly #link: KafkaLink;
  readonly #tail: Tail;
  readonly #random: Random;
  #epoch = 0;
  #producer: Producer | undefined;
  #isReplaced = false;
  #recordsSinceMark = Number.POSITIVE_INFINITY;

  constructor(link: KafkaLink, tail: Tail, random: Random) {
    this.#link = link;
    this.#tail = tail;
    this.#random = random;
  }

  /** Whether a batch can be sent as things are. */
  get isOwner(): boolean {
    return this.#producer !== undefined && this.replacement === undefined;
  }

  /** Why this process will never write again: somebody else has claimed the partition since. */
  get replacement(): Error | undefined {
    if (this.#epoch > 0 && this.#tail.epochAsked > this.#epoch) this.#isReplaced = true;
    return this.#isReplaced ? replaced(this.#tail.epochAsked) : undefined;
  }

  /**
   * Begins an epoch, and reads up to its beginning. Rejects when the signal aborts, and with
   * LOG_UNAVAILABLE when somebody else claims the partition at the same time, or has since we did.
   */
  async claim(signal: AbortSignal): Promise<void> {
    this.#producer = undefined;
    await this.#tail.catchUp(signal);
    this.#requireNotReplaced();
    const { logId, epoch, offset, lastLogTime } = this.#tail.place;
    const claimId = newClaimId(this.#random);
    const producer = await newProducer(this.#link, signal);
    this.#epoch = epoch + 1;
    const placed = { epoch: epoch + 1, sequence: 0, offset, logTime: lastLogTime };
    const claim = messageOf({ kind: "claim", logId, claimId, ...placed });
    const base = await produce(this.#link, producer, [claim], signal);
    await this.#tail.catchUp(signal, base + 1);
    this.#isReplaced = this.#tail.claimId !== claimId;
    this.#requireNotReplaced();
    this.#producer = producer;
    this.#recordsSinceMark = Number.POSITIVE_INFINITY;
  }

  /**
   * Sends records, whose offsets are the next ones, as one batch. Resolves when it is decided
   * whether they count; true: they do, and followers have them. Rejects when the send was given
   * up: the next {@link claim} decides then, and {@link hasLanded} tells.
   */
  async send(batch: SentBatch, signal: AbortSignal): Promise<boolean> {
    const producer = must(this.#producer, "only the owner sends");
    const place = this.#tail.place;
    const mark = this.#markAt(place);
    const messages = batch.records.map((record, i) =>
      messageOf(recordEntry(record, place.epoch, place.sequence + i)),
    );
    if (mark !== undefined) messages.unshift(messageOf(mark));
    this.#producer = undefined;
    const base = await produce(this.#link, producer, messages, signal);
    if (base === place.kafkaOffset) {
      const behindMark = mark && { ...place, kafkaOffset: place.kafkaOffset + 1 };
      this.#tail.append(batch.records, base + messages.length, behindMark);
      const since = mark === undefined ? this.#recordsSinceMark : 0;
      this.#recordsSinceMark = since + batch.records.length;
      this.#producer = producer;
      return true;
    }
    // Something came in between, or Kafka took the batch for another: only reading it tells.
    await this.#tail.catchUp(signal, base + messages.length);
    if (!this.hasLanded(batch)) return false;
    this.#producer = producer;
    this.#recordsSinceMark = Number.POSITIVE_INFINITY;
    return true;
  }

  /** The records as a batch that begins at the end of the log. */
  batchOf(records: LogRecord[]): SentBatch {
    const { epoch, sequence } = this.#tail.place;
    return { records, epoch, sequenceEnd: sequence + records.length };
  }

  /** Whether the records of a batch count, as far as the partition has been read. */
  hasLanded({ epoch, sequenceEnd }: SentBatch): boolean {
    return this.#tail.recordsOf(epoch) >= sequenceEnd;
  }

  #requireNotReplaced(): void {
    const { replacement } = this;
    if (replacement !== undefined) throw replacement;
  }

  #markAt(place: Place): Entry | undefined {
    if (this.#recordsSinceMark < RECORDS_PER_MARK) return undefined;
    const { lastLogTime: logTime, ...here } = place;
    return { kind: "mark", logTime, ...here };
  }
}

/** Records on their way, and how their epoch looks once they count. */
export interface SentBatch {
  readonly records: LogRecord[];
  readonly epoch: number;
  readonly sequenceEnd: number;
}

/** One name at the brokers, and its next sequence number there. */
interface Producer {
  readonly identity: ProducerIdentity;
  sequence: number;
}

/** Sends the same batch under the same number until the brokers have it. Answers Kafka's offset of its first message. */
export async function produce(
  link: KafkaLink,
  producer: Producer,
  messages: readonly KafkaMessage[],
  signal: AbortSignal,
): Promise<number> {
  const { identity, sequence } = producer;
  const send = link.persistently(
    (session) => session.produce(identity, sequence, messages),
    signal,
  );
  const base = await send;
  producer.sequence = (sequence + messages.length) % SEQUENCES;
  return base;
}

/** A name that the brokers have not heard before. */
export async function newProducer(link: KafkaLink, signal: AbortSignal): Promise<Producer> {
  const identity = await link.persistently((session) => session.newProducer(), signal);
  return { identity, sequence: 0 };
}

export function newClaimId(random: Random): string {
  return Buffer.from(random.bytes(CLAIM_ID_BYTES)).toString("hex");
}

function recordEntry(record: LogRecord, epoch: number, sequence: number): Entry {
  const { offset, logTime, type, body } = record;
  return { kind: "record", epoch, sequence, offset, logTime, type, body };
}

export function messageOf(entry: Entry): KafkaMessage {
  return { key: null, value: encodeEntry(entry) };
}

function replaced(epoch: number): Error {
  return logUnavailable(
    `another server has taken over the log (epoch ${epoch}); this one only reads it`,
  );
}

/** Kafka counts a producer's messages from 0 to 2^31 - 1, and then from 0 again. */
const SEQUENCES = 2 ** 31;
