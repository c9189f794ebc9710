import { assert } from "../base/assert.ts";
import { ByteReader, ByteWriter, MalformedBytesError } from "../base/bytes.ts";
import { type EntError, invalid } from "../base/errors.ts";
import { formatLogId, LOG_ID_BYTES, logIdBytes } from "./log-id.ts";

/**
 * A comparable place in the log, in three forms: the {@link Position} that programs hold,
 * the readable "0:12345" (partition:offset), and the opaque token that clients hand
 * back. The token alone names its log, so that a position of another log is refused
 * instead of waited for. A position is that *of a record*: "at least this position" means
 * that this record has been applied.
 */
export interface Position {
  /** The log's name for people. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** What a token says. */
export interface TokenPosition {
  readonly logId: string;
  readonly partition: number;
  readonly offset: number;
}

/** What a token is compared with. */
export interface LogIdentity {
  readonly logId: string;
  readonly partition: number;
}

const TOKEN_VERSION = 1;
/** Version, log id, and two varints. */
const TOKEN_BYTES_MAX = 1 + LOG_ID_BYTES + 8 + 8;
const READABLE = /^(0|[1-9][0-9]{0,15}):(0|[1-9][0-9]{0,15})$/;

/** "0:12345". */
export function formatPosition(position: Pick<Position, "partition" | "offset">): string {
  return `${position.partition}:${position.offset}`;
}

/** The position that "0:12345" names in the given topic. Throws INVALID_POSITION. */
export function parsePosition(text: string, topic: string): Position {
  const match = READABLE.exec(text);
  const partition = Number(match?.[1] ?? Number.NaN);
  const offset = Number(match?.[2] ?? Number.NaN);
  if (!(Number.isSafeInteger(partition) && Number.isSafeInteger(offset))) {
    throw invalid(
      "INVALID_POSITION",
      "A position is written partition:offset, as in 0:12345.",
      "Use the wal_position of an earlier answer as it came.",
    );
  }
  return { topic, partition, offset };
}

const shared = new ByteWriter(TOKEN_BYTES_MAX);
/** Every answer carries a token, and nearly all of one log. */
let lastLogId = "";
let lastLogIdBytes: Uint8Array = new Uint8Array(0);

/** The opaque bytes that stand for a position of a log: stable across restarts, the same on every backend. */
export function encodePositionToken(position: TokenPosition): Uint8Array {
  assert(Number.isSafeInteger(position.offset) && position.offset >= 0, "an offset counts from 0");
  if (position.logId !== lastLogId) {
    lastLogIdBytes = logIdBytes(position.logId);
    lastLogId = position.logId;
  }
  shared.reset();
  shared.u8(TOKEN_VERSION);
  shared.raw(lastLogIdBytes);
  shared.varint(position.partition);
  shared.varint(position.offset);
  return shared.take();
}

/** Reads a token that a client sent. Throws INVALID_POSITION for anything that we did not make. */
export function decodePositionToken(token: Uint8Array): TokenPosition {
  if (token.length > TOKEN_BYTES_MAX) throw invalidToken();
  try {
    const reader = new ByteReader(token);
    if (reader.u8() !== TOKEN_VERSION) throw invalidToken();
    const logId = formatLogId(reader.raw(LOG_ID_BYTES));
    const position = { logId, partition: reader.varint(), offset: reader.varint() };
    if (!reader.done) throw invalidToken();
    return position;
  } catch (error) {
    if (error instanceof MalformedBytesError) throw invalidToken(error);
    throw error;
  }
}

/** Throws POSITION_FROM_ANOTHER_LOG unless the position is one of this log and partition. */
export function requireSameLog(position: TokenPosition, log: LogIdentity): void {
  if (position.logId === log.logId && position.partition === log.partition) return;
  throw invalid(
    "POSITION_FROM_ANOTHER_LOG",
    "The position stems from another log, and says nothing about this one.",
    "Drop positions kept from before a restore, or from another server.",
  );
}

/** The offset that a client's token names in this log. Throws INVALID_POSITION, POSITION_FROM_ANOTHER_LOG. */
export function offsetOfToken(token: Uint8Array, log: LogIdentity): number {
  const position = decodePositionToken(token);
  requireSameLog(position, log);
  return position.offset;
}

function invalidToken(cause?: unknown): EntError {
  const message = "The position token is not one that this server handed out.";
  const error = invalid(
    "INVALID_POSITION",
    message,
    "Send the position_token of an earlier answer, byte by byte.",
  );
  if (cause !== undefined) error.cause = cause;
  return error;
}

/** Whether something read from a file is a whole number from 0 on, as offsets and log times are. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
