import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";

/** What every implementation of the log is opened with. */
export interface WalOptions {
  /** Stands in positions shown to people; nothing is stored under it. */
  readonly topic: string;
  readonly partition: number;
  readonly clock: Clock;
  readonly random: Random;
  /** Takes the wall clock as right however far it is ahead of the last record. Defaults to false. */
  readonly acceptClock?: boolean | undefined;
  /** The offset of a new log's first record. Defaults to 0; ignored when the log exists. */
  readonly firstOffset?: number | undefined;
  /** The name of a new log that takes over the records of another. Defaults to a new one; ignored when the log exists. */
  readonly logId?: string | undefined;
  /** Told of every commit: how many records shared it. For whoever counts; must not throw. */
  readonly onCommit?: ((records: number) => void) | undefined;
}
