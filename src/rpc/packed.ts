import { ByteWriter } from "../base/bytes.ts";
import type { PackedBytes } from "./methods.ts";

/** A writer that one answer has made larger is not kept. */
const KEPT_BYTES = 1024 * 1024;
const START_BYTES = 64 * 1024;
let shared = new ByteWriter(START_BYTES);

/**
 * What `write` writes, in memory of its own. One buffer serves all answers, so `write` must not
 * pack anything itself.
 */
export function packed(write: (writer: ByteWriter) => void): PackedBytes {
  shared.reset();
  write(shared);
  const bytes = shared.take();
  if (bytes.length > KEPT_BYTES) shared = new ByteWriter(START_BYTES);
  return bytes;
}
