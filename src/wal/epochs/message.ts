import type { Entry } from "./entry.ts";

/**
 * A message of a partition, and where it stands. A **position** lies between messages. It only
 * grows; a backend makes it of its own numbers, so that the one behind a message is the message's
 * number plus one. 0 is before everything.
 */
export interface Message {
  /** The position behind the message before it; undefined where that one was not read. */
  readonly from: bigint | undefined;
  /** The position behind it. */
  readonly next: bigint;
  /** What it holds; undefined for bytes that no writer of ours made. */
  readonly entries: readonly Entry[] | undefined;
}
