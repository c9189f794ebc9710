import type { EntError } from "../../base/errors.ts";
import { logDamaged } from "../errors.ts";
import type { LogRecord } from "../wal.ts";
import { type ClaimEntry, decodeEntry, type MarkEntry, type RecordEntry } from "./entry.ts";
import type { PartitionMessage } from "./kafka-session.ts";

/** How far a reading of the partition has come: all that decides what the next message means. */
export interface Place {
  /** Kafka's offset of the next message. */
  readonly kafkaOffset: number;
  /** Empty before the first claim. */
  readonly logId: string;
  readonly epoch: number;
  /** The next record's number in its epoch. */
  readonly sequence: number;
  /** The next record's offset. */
  readonly offset: number;
  readonly lastLogTime: number;
}

/** Before the first message of a topic that has not lost any. */
export const FIRST_PLACE: Place = {
  kafkaOffset: 0,
  logId: "",
  epoch: 0,
  sequence: 0,
  offset: 0,
  lastLogTime: 0,
};

/**
 * Reads the messages of a partition in their order and says which are records of the log. The
 * same messages give the same log to every reader, whoever wrote them when:
 *
 * - The first claim of the next epoch begins it. A claim of an epoch that is there already is void.
 * - Records of an epoch that is over are refused: their writer had been replaced, though it may
 *   not have known.
 * - Within its epoch a record counts if it has the next number; a repeated number is dropped; a
 *   missing one is damage, and so is a message that nobody of ours wrote.
 */
export class Ledger {
  #place: Place;
  #claimId = "";
  /** The highest epoch that anybody asked for, whether or not it began. */
  #epochAsked: number;
  /** How many records the epochs have that ended while this ledger read. */
  readonly #ended = new Map<number, number>();

  constructor(place: Place) {
    this.#place = place;
    this.#epochAsked = place.epoch;
  }

  get place(): Place {
    return this.#place;
  }

  /** The claim that began the present epoch; empty when that was not read here. */
  get claimId(): string {
    return this.#claimId;
  }

  /** Above `place.epoch` when a claim came late: somebody else wants to write. */
  get epochAsked(): number {
    return this.#epochAsked;
  }

  /** So many records of the epoch count, as far as was read; 0 for one that ended before. */
  recordsOf(epoch: number): number {
    return epoch === this.#place.epoch ? this.#place.sequence : (this.#ended.get(epoch) ?? 0);
  }

  /** Takes the next message. Answers the record if it is one that counts. Throws LOG_DAMAGED. */
  take(message: PartitionMessage): LogRecord | undefined {
    const { kafkaOffset, value } = message;
    const entry = decodeEntry(value);
    if (entry === undefined) throw foreignMessage(kafkaOffset);
    this.#place = { ...this.#place, kafkaOffset: kafkaOffset + 1 };
    switch (entry.kind) {
      case "record":
        return this.#record(entry, kafkaOffset);
      case "claim":
        this.#claim(entry, kafkaOffset);
        return undefined;
      case "mark":
        this.#mark(entry, kafkaOffset);
        return undefined;
    }
  }

  /** Takes messages up to Kafka's offset as taken: they are our own, and so many of them are records, all of which count. */
  advance(kafkaOffset: number, records: number, lastLogTime: number): void {
    const { offset, sequence } = this.#place;
    this.#place = {
      ...this.#place,
      kafkaOffset,
      sequence: sequence + records,
      offset: offset + records,
      lastLogTime,
    };
  }

  #record(entry: RecordEntry, kafkaOffset: number): LogRecord | undefined {
    const { epoch, sequence, offset, lastLogTime } = this.#place;
    if (entry.epoch < epoch) return undefined;
    if (entry.epoch > epoch) throw gap(kafkaOffset, `epoch ${entry.epoch} was never begun`);
    if (entry.sequence < sequence) return undefined;
    if (entry.sequence > sequence || entry.offset !== offset || entry.logTime < lastLogTime) {
      throw gap(kafkaOffset, `offset ${offset} of the log is missing before it`);
    }
    this.#place = {
      ...this.#place,
      sequence: sequence + 1,
      offset: offset + 1,
      lastLogTime: entry.logTime,
    };
    return { offset, logTime: entry.logTime, type: entry.type, body: entry.body };
  }

  #claim(entry: ClaimEntry, kafkaOffset: number): void {
    const { epoch, logId } = this.#place;
    const isFirst = logId === "";
    if (!isFirst && entry.logId !== logId) {
      // Two servers may make a new log at once: the log is that of the first.
      if (entry.epoch <= epoch) return;
      throw gap(kafkaOffset, `it belongs to log ${entry.logId}, what is before it to ${logId}`);
    }
    this.#epochAsked = Math.max(this.#epochAsked, entry.epoch);
    if (entry.epoch <= epoch) return;
    if (entry.epoch !== epoch + 1)
      throw gap(kafkaOffset, `epoch ${epoch + 1} is missing before it`);
    this.#claimId = entry.claimId;
    this.#ended.set(epoch, this.#place.sequence);
    this.#place = {
      ...this.#place,
      logId: entry.logId,
      epoch: entry.epoch,
      sequence: 0,
      offset: isFirst ? entry.offset : this.#place.offset,
    };
  }

  #mark(entry: MarkEntry, kafkaOffset: number): void {
    if (!isTrue(entry, kafkaOffset)) return;
    const { epoch, sequence, offset, logId } = this.#place;
    const agrees =
      entry.epoch === epoch &&
      entry.sequence === sequence &&
      entry.offset === offset &&
      entry.logId === logId;
    if (!agrees) throw gap(kafkaOffset, `it says offset ${entry.offset}, the log is at ${offset}`);
  }
}

/**
 * The place behind a mark; undefined for one that is not true. A mark that landed where its
 * writer expected it was written by somebody who knew everything before it: had anything come in
 * between, it would stand further on.
 */
export function placeBehindMark({ kafkaOffset, value }: PartitionMessage): Place | undefined {
  const entry = decodeEntry(value);
  if (entry?.kind !== "mark" || !isTrue(entry, kafkaOffset)) return undefined;
  const { logId, epoch, sequence, offset, logTime } = entry;
  return { kafkaOffset: kafkaOffset + 1, logId, epoch, sequence, offset, lastLogTime: logTime };
}

function isTrue(entry: MarkEntry, kafkaOffset: number): boolean {
  return entry.kafkaOffset === kafkaOffset;
}

function foreignMessage(kafkaOffset: number): EntError {
  return logDamaged(
    `the message at Kafka's offset ${kafkaOffset} is damaged, or was not written by EntDB`,
    { kafka_offset: String(kafkaOffset) },
  );
}

function gap(kafkaOffset: number, what: string): EntError {
  return logDamaged(`the message at Kafka's offset ${kafkaOffset} cannot follow: ${what}`, {
    kafka_offset: String(kafkaOffset),
  });
}
