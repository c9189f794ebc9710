import { assert } from "../base/assert.ts";
import type { Random } from "../base/random.ts";

/** A log's name for ever: a version 7 UUID, in text everywhere except in files and tokens, where it is 16 bytes. */
export const LOG_ID_BYTES = 16;

const TEXT = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A new name. */
export function newLogId(random: Random, nowMs: number): string {
  return formatLogId(random.uuidv7(nowMs));
}

/** Whether the text is a log's name. */
export function isLogId(text: string): boolean {
  return TEXT.test(text);
}

/** The text of 16 bytes. */
export function formatLogId(bytes: Uint8Array): string {
  assert(bytes.length === LOG_ID_BYTES, "a log id has 16 bytes");
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The 16 bytes of a log's name. */
export function logIdBytes(logId: string): Uint8Array {
  assert(isLogId(logId), `not a log id: ${logId}`);
  return new Uint8Array(Buffer.from(logId.replaceAll("-", ""), "hex"));
}
