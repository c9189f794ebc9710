import { EntError } from "../../base/errors.ts";
import type { KafkaLink } from "./kafka-link.ts";
import type { KafkaSession, PartitionMessage, Watermarks } from "./kafka-session.ts";

/** Reads messages of one partition from any of Kafka's offsets, however often the way there breaks. */
export class PartitionReader {
  readonly #link: KafkaLink;

  constructor(link: KafkaLink) {
    this.#link = link;
  }

  /** What is kept now. */
  watermarks(signal: AbortSignal): Promise<Watermarks> {
    return this.#link.persistently((session) => session.watermarks(), signal);
  }

  /**
   * Some messages from Kafka's offset `from` on, at least one, all below `until`, which Kafka has
   * said to be there: a new leader may need a moment to know it. Throws LOG_TRIMMED.
   */
  async some(from: number, until: number, signal: AbortSignal): Promise<PartitionMessage[]> {
    const found = await this.#link.persistently((session) => fetchSome(session, from), signal);
    const last = found.at(-1)?.kafkaOffset ?? 0;
    return last < until ? found : found.filter(({ kafkaOffset }) => kafkaOffset < until);
  }

  /** All messages from Kafka's offset `from` on and below `until`, step by step. */
  async *all(
    from: number,
    until: number,
    signal: AbortSignal,
  ): AsyncGenerator<readonly PartitionMessage[]> {
    let next = from;
    while (next < until) {
      const messages = await this.some(next, until, signal);
      yield messages;
      next = (messages.at(-1)?.kafkaOffset ?? next) + 1;
    }
  }

  close(): Promise<void> {
    return this.#link.close();
  }
}

async function fetchSome(session: KafkaSession, from: number): Promise<PartitionMessage[]> {
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
