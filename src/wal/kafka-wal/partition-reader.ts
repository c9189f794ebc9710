import type { CancelSignal } from "../../base/cancel-signal.ts";
import { EntError } from "../../base/errors.ts";
import { decodeEntry } from "../epochs/entry.ts";
import { FIRST_PLACE, Ledger, type Place, placeBefore } from "../epochs/ledger.ts";
import type { Message } from "../epochs/message.ts";
import type { Bounds, MessageReader } from "../epochs/message-log.ts";
import type { KafkaLink } from "./kafka-link.ts";
import type { KafkaSession, Watermarks } from "./kafka-session.ts";

/**
 * Reads one partition from any of Kafka's offsets, which are its positions. As they leave nothing
 * out, it is known how many messages lie between two of them: marks are looked for backwards.
 */
export class PartitionReader implements MessageReader {
  readonly #link: KafkaLink;

  constructor(link: KafkaLink) {
    this.#link = link;
  }

  async bounds(signal: CancelSignal): Promise<Bounds | undefined> {
    const { low, high } = await this.#watermarks(signal);
    if (high === 0) return undefined;
    const first =
      low === 0 ? await this.#firstClaim(high, signal) : await this.#firstMark(low, high, signal);
    const last = (await this.#lastMark(Number(first.position), high, signal)) ?? first;
    return { first, last };
  }

  async *onwards(
    from: bigint,
    until: bigint,
    signal: CancelSignal,
  ): AsyncGenerator<readonly Message[]> {
    const { high } = await this.#watermarks(signal);
    yield* this.#all(Number(from), Math.max(high, Number(until)), signal);
  }

  /** A new leader may need a moment to know what is there. */
  some(from: bigint, until: bigint, signal: CancelSignal): Promise<readonly Message[]> {
    return this.#some(Number(from), Number(until), signal);
  }

  /** Between two places there are at least as many messages as records: the latest at which the offset can stand is known. */
  async placeBefore(
    offset: number,
    { first, last }: Bounds,
    signal: CancelSignal,
  ): Promise<Place | undefined> {
    const latest = Number(last.position) - (last.offset - offset);
    return await this.#lastMark(Number(first.position), latest, signal);
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  #watermarks(signal: CancelSignal): Promise<Watermarks> {
    return this.#link.persistently((session) => session.watermarks(), signal);
  }

  async #some(from: number, until: number, signal: CancelSignal): Promise<Message[]> {
    const found = await this.#link.persistently((session) => fetchSome(session, from), signal);
    const wanted = found.filter(({ kafkaOffset }) => kafkaOffset < until);
    return wanted.map(({ kafkaOffset, value }) => {
      const entry = decodeEntry(value);
      const from = BigInt(kafkaOffset);
      return { from, next: from + 1n, entries: entry && [entry] };
    });
  }

  /** All messages from Kafka's offset `from` on and below `until`, step by step. */
  async *#all(
    from: number,
    until: number,
    signal: CancelSignal,
  ): AsyncGenerator<readonly Message[]> {
    for (let next = from; next < until; ) {
      const messages = await this.#some(next, until, signal);
      yield messages;
      next = Number(messages.at(-1)?.next ?? until);
    }
  }

  /** The place behind the claim that made the log, which is its very first message. */
  async #firstClaim(high: number, signal: CancelSignal): Promise<Place> {
    const ledger = new Ledger(FIRST_PLACE);
    const [message] = await this.#some(0, high, signal);
    if (message !== undefined) ledger.take(message);
    return ledger.place;
  }

  async #firstMark(low: number, high: number, signal: CancelSignal): Promise<Place> {
    for await (const messages of this.#all(low, high, signal)) {
      for (const message of messages) {
        const place = placeBefore(message);
        if (place !== undefined) return place;
      }
    }
    throw new EntError({
      code: "out_of_range",
      reason: "LOG_TRIMMED",
      message: `Kafka has removed the log: nothing is kept before its offset ${high}`,
      hint: "Restore from snapshot and archive into a new topic, and give that one unlimited retention.",
      details: { kafka_offset: String(high) },
    });
  }

  /** The place at the last true mark at Kafka's offsets in [from, until), looked for in growing steps. */
  async #lastMark(from: number, until: number, signal: CancelSignal): Promise<Place | undefined> {
    let top = until;
    for (let step = FIRST_STEP; top > from; step *= 4) {
      const bottom = Math.max(from, top - step);
      let found: Place | undefined;
      for await (const messages of this.#all(bottom, top, signal)) {
        for (const message of messages) found = placeBefore(message) ?? found;
      }
      if (found !== undefined) return found;
      top = bottom;
    }
    return undefined;
  }
}

async function fetchSome(session: KafkaSession, from: number) {
  const found = await session.fetch(from, FETCH_BYTES).catch(async (error: unknown) => {
    const { low } = await session.watermarks();
    if (from < low) throw trimmedAway(from, low, error);
    throw error;
  });
  if (found.length === 0) throw new Error(`nothing at Kafka's offset ${from} yet`);
  return found;
}

function trimmedAway(from: number, low: number, cause: unknown): EntError {
  return new EntError({
    code: "out_of_range",
    reason: "LOG_TRIMMED",
    message: `Kafka no longer has the message at its offset ${from}; what it keeps starts at ${low}`,
    hint: "Restore from a snapshot, then read from where it stands.",
    details: { kafka_offset: String(from), kafka_start: String(low) },
    cause,
  });
}

/** A few thousand typical records at once. */
const FETCH_BYTES = 2 * 1024 * 1024;
/** Messages; marks of a busy log are a few thousand apart, those of a quiet one closer. */
const FIRST_STEP = 1_024;
