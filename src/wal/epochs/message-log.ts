/**
 * What a log with epochs needs of a service that keeps messages in one order for several
 * writers: to append, at least once, and to read from any position. Everything else (who may
 * write, what counts, what is answered when) is the same for all of them and stands in this
 * folder.
 */
import type { CancelSignal } from "../../base/cancel-signal.ts";
import type { EntError } from "../../base/errors.ts";
import type { LogRecord } from "../wal.ts";
import type { ClaimEntry } from "./entry.ts";
import type { Place } from "./ledger.ts";
import type { Message } from "./message.ts";

/** Reads, however often the way there breaks: only the signal ends trying. */
export interface MessageReader {
  /**
   * Where what is kept begins, and a place near its end from which reading on is cheap.
   * Undefined where nothing was ever written. Throws LOG_TRIMMED, LOG_DAMAGED.
   */
  bounds(signal: CancelSignal): Promise<Bounds | undefined>;
  /** Everything from a position on, up to what is there now, and at least up to `until`. Throws LOG_TRIMMED. */
  onwards(from: bigint, until: bigint, signal: CancelSignal): AsyncIterable<readonly Message[]>;
  /** Some messages from a position on, at least one, all before `until`, up to which all are known to be there. Throws LOG_TRIMMED. */
  some(from: bigint, until: bigint, signal: CancelSignal): Promise<readonly Message[]>;
  /** A place between two others from which less has to be read to reach the offset; undefined when none is known. */
  placeBefore(offset: number, between: Bounds, signal: CancelSignal): Promise<Place | undefined>;
  close(): Promise<void>;
}

export interface Bounds {
  readonly first: Place;
  readonly last: Place;
}

/** Appends, again and again until the backend has it: once or more often, which readers tell apart. */
export interface MessageSender {
  /** Begins an epoch. A sender whose send was given up is not used again before the next claim. */
  claim(claim: ClaimEntry, signal: CancelSignal): Promise<Landed>;
  /** Records that come next at this place, in their order; without any, only a mark that says where the log is. */
  send(place: Place, records: readonly LogRecord[], signal: CancelSignal): Promise<Landed>;
  close(): Promise<void>;
}

/** Where messages came to stand. */
export interface Landed {
  /** The position behind the last of them. */
  readonly next: bigint;
  /** The backend's answer tells that they stand right behind the place for which they were sent. */
  readonly isAdjacent: boolean;
  /** A mark stands before the first record. */
  readonly isMarked: boolean;
}

/** One partition of a backend. */
export interface MessageLog {
  /** "Kafka": for people. */
  readonly name: string;
  readonly reader: MessageReader;
  readonly sender: MessageSender;
  /** What a batch may have in bytes; a single record that is larger is sent by itself. */
  readonly batchBytes: number;
  /** How long an opening waits for it before it says that it cannot be reached. */
  readonly patienceMs: number;
  /** What to say when it cannot be reached. */
  unreachable(cause: unknown): EntError;
}
