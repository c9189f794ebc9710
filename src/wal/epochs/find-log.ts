import type { CancelSignal } from "../../base/cancel-signal.ts";
import { Ledger, placeBefore } from "./ledger.ts";
import type { MessageReader } from "./message-log.ts";
import { Places } from "./places.ts";

/** What opening found out about a partition. */
export interface FoundLog {
  readonly places: Places;
  /** Stands behind the last message. */
  readonly ledger: Ledger;
}

/**
 * Reads as little of a partition as tells where its log begins and where it ends. Undefined for
 * one in which nothing was ever written. Throws LOG_DAMAGED, LOG_TRIMMED.
 */
export async function findLog(
  reader: MessageReader,
  signal: CancelSignal,
): Promise<FoundLog | undefined> {
  const bounds = await reader.bounds(signal);
  if (bounds === undefined) return undefined;
  const places = new Places(reader, bounds.first);
  places.learn(bounds.last);
  const ledger = new Ledger(bounds.last);
  for await (const messages of reader.onwards(bounds.last.position, 0n, signal)) {
    for (const message of messages) {
      ledger.take(message);
      const place = placeBefore(message);
      if (place !== undefined) places.learn(place);
    }
  }
  return { places, ledger };
}
