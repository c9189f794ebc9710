import { ByteWriter } from "../base/bytes.ts";
import { sha256 } from "../base/sha256.ts";

const digested = new ByteWriter(256);

/** H(previous, offset, decision): two replays that come to the same digest came to the same outcomes. */
export function chainDigest(
  previous: Uint8Array,
  offset: number,
  decision: Uint8Array,
): Uint8Array {
  digested.reset();
  digested.raw(previous);
  digested.i64(BigInt(offset));
  digested.raw(decision);
  return sha256(digested.peek());
}
