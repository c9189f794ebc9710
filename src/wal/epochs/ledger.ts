import { assert } from "../../base/assert.ts";
import type { EntError } from "../../base/errors.ts";
import { logDamaged } from "../errors.ts";
import type { LogRecord } from "../wal.ts";
import type { ClaimEntry, Entry, MarkEntry, PartEntry, RecordEntry } from "./entry.ts";
import type { Message } from "./message.ts";

/** How far a reading of the partition has come: all that decides what the next message means. */
export interface Place {
  /** The position of the next message. */
  readonly position: bigint;
  /** Empty before the first claim. */
  readonly logId: string;
  readonly epoch: number;
  /** The next record's number in its epoch. */
  readonly sequence: number;
  /** The next record's offset. */
  readonly offset: number;
  readonly lastLogTime: number;
}

/** Before the first message of a partition that has not lost any. */
export const FIRST_PLACE: Place = {
  position: 0n,
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
 * - A record in parts counts when its last part is there, by the same rules for each of them.
 */
export class Ledger {
  #place: Place;
  #claimId = "";
  /** The highest epoch that anybody asked for, whether or not it began. */
  #epochAsked: number;
  /** How many records the epochs have that ended while this ledger read. */
  readonly #ended = new Map<number, number>();
  /** What is there of the next record, where that came in parts. */
  #parts: Uint8Array[] = [];

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

  /** Takes the next message. Answers the records in it that count. Throws LOG_DAMAGED. */
  take(message: Message): LogRecord[] {
    const { entries, next } = message;
    if (entries === undefined) throw foreignMessage(next);
    const records: LogRecord[] = [];
    for (const entry of entries) {
      const record = this.#takeEntry(entry, message);
      if (record !== undefined) records.push(record);
    }
    this.#place = { ...this.#place, position: next };
    return records;
  }

  /** Takes messages up to a position as taken: they are our own, and so many of them are records, all of which count. */
  advance(position: bigint, records: number, lastLogTime: number): void {
    assert(this.#parts.length === 0, "whoever writes parts reads them back");
    const { offset, sequence } = this.#place;
    this.#place = {
      ...this.#place,
      position,
      sequence: sequence + records,
      offset: offset + records,
      lastLogTime,
    };
  }

  #takeEntry(entry: Entry, message: Message): LogRecord | undefined {
    switch (entry.kind) {
      case "record":
        return this.#record(entry, message);
      case "part":
        return this.#part(entry, message);
      case "claim":
        this.#claim(entry, message);
        return undefined;
      case "mark":
        this.#mark(entry, message);
        return undefined;
    }
  }

  #record(entry: RecordEntry | PartEntry, message: Message): LogRecord | undefined {
    if (!this.#isNext(entry, message)) return undefined;
    if (entry.kind === "record" && this.#parts.length > 0) {
      throw gap(message, `the rest of offset ${entry.offset} is missing before it`);
    }
    const { sequence, offset } = this.#place;
    this.#place = {
      ...this.#place,
      sequence: sequence + 1,
      offset: offset + 1,
      lastLogTime: entry.logTime,
    };
    return { offset, logTime: entry.logTime, type: entry.type, body: entry.body };
  }

  #part(entry: PartEntry, message: Message): LogRecord | undefined {
    if (!this.#isNext(entry, message) || entry.part < this.#parts.length) return undefined;
    if (entry.part > this.#parts.length) {
      throw gap(
        message,
        `part ${this.#parts.length} of offset ${entry.offset} is missing before it`,
      );
    }
    this.#parts.push(entry.body);
    if (this.#parts.length < entry.parts) return undefined;
    const body = Buffer.concat(this.#parts);
    this.#parts = [];
    return this.#record({ ...entry, body }, message);
  }

  /** False for a record that does not count. */
  #isNext(entry: RecordEntry | PartEntry, message: Message): boolean {
    const { epoch, sequence, offset, lastLogTime } = this.#place;
    if (entry.epoch < epoch) return false;
    if (entry.epoch > epoch) throw gap(message, `epoch ${entry.epoch} was never begun`);
    if (entry.sequence < sequence) return false;
    if (entry.sequence > sequence || entry.offset !== offset || entry.logTime < lastLogTime) {
      throw gap(message, `offset ${offset} of the log is missing before it`);
    }
    return true;
  }

  #claim(entry: ClaimEntry, message: Message): void {
    const { epoch, logId } = this.#place;
    const isFirst = logId === "";
    if (!isFirst && entry.logId !== logId) {
      // Two servers may make a new log at once: the log is that of the first.
      if (entry.epoch <= epoch) return;
      throw gap(message, `it belongs to log ${entry.logId}, what is before it to ${logId}`);
    }
    this.#epochAsked = Math.max(this.#epochAsked, entry.epoch);
    if (entry.epoch <= epoch) return;
    if (entry.epoch !== epoch + 1) throw gap(message, `epoch ${epoch + 1} is missing before it`);
    this.#claimId = entry.claimId;
    this.#ended.set(epoch, this.#place.sequence);
    this.#parts = [];
    this.#place = {
      ...this.#place,
      logId: entry.logId,
      epoch: entry.epoch,
      sequence: 0,
      offset: isFirst ? entry.offset : this.#place.offset,
    };
  }

  #mark(entry: MarkEntry, message: Message): void {
    if (entry.at !== message.from) return;
    const { epoch, sequence, offset, logId } = this.#place;
    const agrees =
      entry.epoch === epoch &&
      entry.sequence === sequence &&
      entry.offset === offset &&
      entry.logId === logId;
    if (!agrees) throw gap(message, `it says offset ${entry.offset}, the log is at ${offset}`);
  }
}

/**
 * The place before a message that begins with a mark; undefined where none is, or it is not true.
 * A mark that landed where its writer expected it was written by somebody who knew everything
 * before it: had anything come in between, it would stand further on.
 */
export function placeBefore({ from, entries }: Message): Place | undefined {
  const mark = entries?.[0];
  if (mark?.kind !== "mark" || mark.at !== from) return undefined;
  const { logId, epoch, sequence, offset, logTime } = mark;
  return { position: from, logId, epoch, sequence, offset, lastLogTime: logTime };
}

function foreignMessage(next: bigint): EntError {
  const number = String(next - 1n);
  return logDamaged(`message ${number} of the partition is damaged, or was not written by EntDB`, {
    message: number,
  });
}

function gap({ next }: Message, what: string): EntError {
  const number = String(next - 1n);
  return logDamaged(`message ${number} of the partition cannot follow: ${what}`, {
    message: number,
  });
}
