import { sha256 } from "../base/sha256.ts";

const TOKEN_BYTES = 16;

/** The one token that stands for a mailbox's owner in the full-text index, whatever the name is made of. */
export function ownerToken(owner: string): string {
  return `o${Buffer.from(sha256(Buffer.from(owner)).subarray(0, TOKEN_BYTES)).toString("hex")}`;
}
