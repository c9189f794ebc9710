import type { CancelSignal } from "../../base/cancel-signal.ts";
import type { Random } from "../../base/random.ts";
import { logUnavailable } from "../errors.ts";
import type { LogRecord } from "../wal.ts";
import { CLAIM_ID_BYTES } from "./entry.ts";
import type { MessageSender } from "./message-log.ts";
import type { Tail } from "./tail.ts";

/**
 * The right to write a partition, and the writing.
 *
 * An epoch begins with a claim that its writer has read back, and ends for this writer with a
 * send that was given up: what that may still leave in the partition is then before the next
 * claim, and counts, or behind it, and is refused by everybody. So nothing stays unknown once
 * the next claim has been read back.
 *
 * Whoever sees that somebody else has claimed the partition stops for good: two servers that
 * took it from each other in turns would serve nobody.
 */
export class Owner {
  readonly #sender: MessageSender;
  readonly #tail: Tail;
  readonly #random: Random;
  #epoch = 0;
  #maySend = false;
  #isReplaced = false;

  constructor(sender: MessageSender, tail: Tail, random: Random) {
    this.#sender = sender;
    this.#tail = tail;
    this.#random = random;
  }

  /** Whether a batch can be sent as things are. */
  get isOwner(): boolean {
    return this.#maySend && this.replacement === undefined;
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
  async claim(signal: CancelSignal): Promise<void> {
    this.#maySend = false;
    await this.#tail.catchUp(signal);
    this.#requireNotReplaced();
    const { logId, epoch, offset, lastLogTime: logTime } = this.#tail.place;
    const claimId = newClaimId(this.#random);
    this.#epoch = epoch + 1;
    const placed = { epoch: epoch + 1, sequence: 0, offset, logTime };
    const landed = await this.#sender.claim({ kind: "claim", logId, claimId, ...placed }, signal);
    await this.#tail.catchUp(signal, landed.next);
    this.#isReplaced = this.#tail.claimId !== claimId;
    this.#requireNotReplaced();
    this.#maySend = true;
  }

  /**
   * Sends records, whose offsets are the next ones, as one batch. Followers have those that count
   * ({@link landedOf}) when it resolves. Where that leaves it open ({@link isDecided}), and when
   * it rejects since the send was given up, the next {@link claim} decides.
   */
  async send(batch: SentBatch, signal: CancelSignal): Promise<void> {
    this.#maySend = false;
    const landed = await this.#sender.send(this.#tail.place, batch.records, signal);
    if (landed.isAdjacent) {
      this.#tail.append(batch.records, landed.next, landed.isMarked);
      this.#maySend = true;
      return;
    }
    // Something may have come in between, or the batch was taken for another: reading it tells.
    await this.#tail.catchUp(signal, landed.next);
    this.#maySend = this.landedOf(batch) === batch.records.length;
  }

  /**
   * Says anew where the log is: a backend that removes what is old would else remove everything
   * of a log to which nobody writes. Rejects as {@link send} does.
   */
  async restate(signal: CancelSignal): Promise<void> {
    await this.send(this.batchOf([]), signal);
  }

  /** The records as a batch that begins at the end of the log. */
  batchOf(records: LogRecord[]): SentBatch {
    const { epoch, sequence } = this.#tail.place;
    return { records, epoch, sequence };
  }

  /** How many records of a batch count, from its first on, as far as the partition has been read. */
  landedOf({ epoch, sequence, records }: SentBatch): number {
    const landed = this.#tail.recordsOf(epoch) - sequence;
    return Math.max(0, Math.min(landed, records.length));
  }

  /** Whether nothing can change any more in what counts of a batch: all of it does, or its epoch is over. */
  isDecided(batch: SentBatch): boolean {
    return this.#tail.place.epoch > batch.epoch || this.landedOf(batch) === batch.records.length;
  }

  #requireNotReplaced(): void {
    const { replacement } = this;
    if (replacement !== undefined) throw replacement;
  }
}

/** Records on their way. */
export interface SentBatch {
  readonly records: LogRecord[];
  readonly epoch: number;
  /** The first one's number in the epoch. */
  readonly sequence: number;
}

export function newClaimId(random: Random): string {
  return Buffer.from(random.bytes(CLAIM_ID_BYTES)).toString("hex");
}

function replaced(epoch: number): Error {
  return logUnavailable(
    `another server has taken over the log (epoch ${epoch}); this one only reads it`,
  );
}
