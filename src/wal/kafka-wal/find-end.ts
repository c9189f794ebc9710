import { EntError } from "../../base/errors.ts";
import { FIRST_PLACE, Ledger, type Place, placeBehindMark } from "./ledger.ts";
import type { PartitionReader } from "./partition-reader.ts";
import { lastMark, Places } from "./places.ts";

/** What opening found out about a partition. */
export interface FoundLog {
  readonly places: Places;
  /** Stands behind the last message. */
  readonly ledger: Ledger;
}

/**
 * Reads as little of a partition as tells where its log begins and where it ends: the first
 * message, and those behind the last mark. Undefined for one in which nothing was ever written.
 * Throws LOG_DAMAGED, LOG_TRIMMED.
 */
export async function findLog(
  reader: PartitionReader,
  signal: AbortSignal,
): Promise<FoundLog | undefined> {
  const { low, high } = await reader.watermarks(signal);
  if (high === 0) return undefined;
  const first = low === 0 ? await firstClaim(reader, high, signal) : undefined;
  const start = first ?? (await firstMark(reader, low, high, signal));
  const places = new Places(reader, start);
  const last = (await lastMark(reader, start.kafkaOffset, high, signal)) ?? start;
  places.learn(last);
  const ledger = new Ledger(last);
  for await (const messages of reader.all(last.kafkaOffset, high, signal)) {
    for (const message of messages) {
      ledger.take(message);
      const place = placeBehindMark(message);
      if (place !== undefined) places.learn(place);
    }
  }
  return { places, ledger };
}

/** The place behind the claim that made the log, which is its very first message. */
async function firstClaim(
  reader: PartitionReader,
  high: number,
  signal: AbortSignal,
): Promise<Place> {
  const ledger = new Ledger(FIRST_PLACE);
  const [message] = await reader.some(0, high, signal);
  if (message !== undefined) ledger.take(message);
  return ledger.place;
}

async function firstMark(
  reader: PartitionReader,
  low: number,
  high: number,
  signal: AbortSignal,
): Promise<Place> {
  for await (const messages of reader.all(low, high, signal)) {
    for (const message of messages) {
      const place = placeBehindMark(message);
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
