import {
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  type KinesisClient,
  type _Record as KinesisRecord,
} from "@aws-sdk/client-kinesis";
import type { CancelSignal } from "../../base/cancel-signal.ts";
import type { Clock } from "../../base/clock.ts";
import { EntError } from "../../base/errors.ts";
import { type Place, placeBefore } from "../epochs/ledger.ts";
import type { Message } from "../epochs/message.ts";
import type { Bounds, MessageReader } from "../epochs/message-log.ts";
import { logRemoved } from "./kinesis-errors.ts";
import type { KinesisLink } from "./kinesis-link.ts";
import { decodePacket } from "./packets.ts";
import { findFirst, findMark, findRecentMark, type MarkSince } from "./shard-search.ts";
import type { Shard } from "./stream.ts";

/** What came of one look into the shard. */
interface Look {
  readonly messages: readonly Message[];
  /** Nothing is behind them at the moment. */
  readonly isAtEnd: boolean;
}

/**
 * Reads one shard. Its positions are Kinesis' sequence numbers plus one; they leave gaps, so that
 * the end is only known by being there, and what lies in the middle is found by the time at
 * which it arrived.
 *
 * Kinesis passes silently over what it has removed: where reading begins anew at a position, the
 * message before it is asked for as well, and must be there.
 */
export class ShardReader implements MessageReader {
  readonly #link: KinesisLink;
  readonly #shard: Shard;
  readonly #clock: Clock;
  /** Where reading goes on from positions that it came to; the newest last. They expire in minutes. */
  readonly #iterators = new Map<bigint, string>();

  /** `clock` times pauses, and tells how long ago something arrived. */
  constructor(link: KinesisLink, shard: Shard, clock: Clock) {
    this.#link = link;
    this.#shard = shard;
    this.#clock = clock;
  }

  async bounds(signal: CancelSignal): Promise<Bounds | undefined> {
    const first = await findFirst(this.onwards(0n, 0n, signal));
    if (first === undefined) {
      if (this.#shard.isTagged) throw logRemoved("nothing is left in its shard");
      return undefined;
    }
    const { retentionMs } = this.#shard;
    const recent = await findRecentMark(this.#markSince(signal), this.#clock.now(), retentionMs);
    return { first, last: recent && recent.position > first.position ? recent : first };
  }

  async *onwards(
    from: bigint,
    until: bigint,
    signal: CancelSignal,
  ): AsyncGenerator<readonly Message[]> {
    for (let next = from; ; ) {
      const { messages, isAtEnd } = await this.#look(next, signal);
      if (messages.length > 0) yield messages;
      next = messages.at(-1)?.next ?? next;
      if (isAtEnd && next >= until) return;
      if (messages.length === 0) await this.#pause(signal);
    }
  }

  async some(from: bigint, until: bigint, signal: CancelSignal): Promise<readonly Message[]> {
    for (;;) {
      const { messages } = await this.#look(from, signal);
      if (messages.length > 0) return messages.filter(({ next }) => next <= until);
      await this.#pause(signal);
    }
  }

  async placeBefore(
    offset: number,
    { first }: Bounds,
    signal: CancelSignal,
  ): Promise<Place | undefined> {
    const now = this.#clock.now();
    const range = { from: now - this.#shard.retentionMs, until: now };
    return await findMark(this.#markSince(signal), range, offset, first);
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  /** Looks on from a position. Throws LOG_TRIMMED when what is before it is no longer there. */
  async #look(position: bigint, signal: CancelSignal): Promise<Look> {
    const known = this.#iterators.get(position);
    const answer =
      (known === undefined ? undefined : await this.#unlessExpired(known, signal)) ??
      (await this.#beginAt(position, signal));
    const messages = messagesOf(answer.Records, position);
    this.#iterators.delete(position);
    this.#remember(messages.at(-1)?.next ?? position, answer.NextShardIterator);
    return { messages, isAtEnd: isAtEnd(answer) };
  }

  async #beginAt(position: bigint, signal: CancelSignal): Promise<GetRecordsCommandOutput> {
    if (position === 0n) {
      const horizon = await this.#iterator({ ShardIteratorType: "TRIM_HORIZON" }, signal);
      return await this.#records(horizon, signal);
    }
    const before = String(position - 1n);
    let iterator = await this.#iteratorAt(before, signal);
    for (;;) {
      const answer = await this.#records(iterator, signal);
      const [first, ...rest] = answer.Records ?? [];
      if (first?.SequenceNumber === before) return { ...answer, Records: rest };
      if (first !== undefined || isAtEnd(answer)) throw trimmedAway(before);
      iterator = answer.NextShardIterator;
    }
  }

  async #iteratorAt(number: string, signal: CancelSignal): Promise<string | undefined> {
    try {
      const at = {
        ShardIteratorType: "AT_SEQUENCE_NUMBER",
        StartingSequenceNumber: number,
      } as const;
      return await this.#iterator(at, signal);
    } catch (error) {
      throw isInvalid(error) ? trimmedAway(number, error) : error;
    }
  }

  #markSince(signal: CancelSignal): MarkSince {
    return async (time) => {
      let iterator = await this.#iteratorSince(time, signal);
      let from: bigint | undefined;
      while (iterator !== undefined) {
        const answer = await this.#records(iterator, signal, PROBE_RECORDS);
        for (const message of messagesOf(answer.Records, from)) {
          const place = placeBefore(message);
          if (place !== undefined) return place;
          from = message.next;
        }
        if (isAtEnd(answer)) return undefined;
        iterator = answer.NextShardIterator;
      }
      return undefined;
    };
  }

  /** Undefined for a time that is in the future by Kinesis' clock. */
  async #iteratorSince(time: number, signal: CancelSignal): Promise<string | undefined> {
    try {
      const at = { ShardIteratorType: "AT_TIMESTAMP", Timestamp: new Date(time) } as const;
      return await this.#iterator(at, signal);
    } catch (error) {
      if (isInvalid(error)) return undefined;
      throw error;
    }
  }

  async #iterator(
    at: Omit<GetShardIteratorCommandInput, "StreamName" | "ShardId">,
    signal: CancelSignal,
  ): Promise<string | undefined> {
    const { stream: StreamName, shardId: ShardId } = this.#shard;
    const command = new GetShardIteratorCommand({ StreamName, ShardId, ...at });
    const { ShardIterator } = await this.#link.persistently(
      (client, options) => client.send(command, options),
      signal,
    );
    return ShardIterator;
  }

  async #unlessExpired(iterator: string, signal: CancelSignal) {
    try {
      return await this.#records(iterator, signal);
    } catch (error) {
      if (isExpired(error)) return undefined;
      throw error;
    }
  }

  #records(
    ShardIterator: string | undefined,
    signal: CancelSignal,
    Limit?: number,
  ): Promise<GetRecordsCommandOutput> {
    const command = new GetRecordsCommand({ ShardIterator, ...(Limit !== undefined && { Limit }) });
    const request = (client: KinesisClient, options: { readonly abortSignal: AbortSignal }) =>
      client.send(command, options);
    return this.#link.persistently(request, signal, isExpired);
  }

  #remember(position: bigint, iterator: string | undefined): void {
    if (iterator === undefined) return;
    this.#iterators.delete(position);
    this.#iterators.set(position, iterator);
    const [oldest] = this.#iterators.keys();
    if (this.#iterators.size > ITERATORS && oldest !== undefined) this.#iterators.delete(oldest);
  }

  async #pause(signal: CancelSignal): Promise<void> {
    await this.#clock.sleep(PAUSE_MS, signal);
    signal.throwIfAborted();
  }
}

/** Messages in their order; each stands behind the one before it, the first behind `from`. */
function messagesOf(records: readonly KinesisRecord[] = [], from: bigint | undefined): Message[] {
  let before = from;
  return records.map(({ SequenceNumber = "", Data = new Uint8Array(0) }) => {
    const next = BigInt(SequenceNumber) + 1n;
    const message = { from: before, next, entries: decodePacket(Data) };
    before = next;
    return message;
  });
}

/** A closed shard has nothing to go on with. */
function isAtEnd({ MillisBehindLatest, NextShardIterator }: GetRecordsCommandOutput): boolean {
  return MillisBehindLatest === 0 || NextShardIterator === undefined;
}

function isExpired(error: unknown): boolean {
  return error instanceof Error && error.name === "ExpiredIteratorException";
}

function isInvalid(error: unknown): boolean {
  return error instanceof Error && error.name === "InvalidArgumentException";
}

function trimmedAway(number: string, cause?: unknown): EntError {
  return new EntError({
    code: "out_of_range",
    reason: "LOG_TRIMMED",
    message: `Kinesis no longer has its record ${number}, nor what came next`,
    hint: "Restore from a snapshot, then read from where it stands.",
    details: { sequence_number: number },
    cause,
  });
}

/** A shard answers five looks a second. */
const PAUSE_MS = 100;
/** Two neighbours suffice, unless somebody came in between. */
const PROBE_RECORDS = 16;
/** The end, and a few who read further back. */
const ITERATORS = 16;
