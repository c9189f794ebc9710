/** The opaque tokens of positions, as bytes on the wire and as text in programs. */
import { base64Decode, base64Encode } from "@bufbuild/protobuf/wire";
import { PositionError } from "../errors/refusals.ts";

/**
 * Where in the log something stands: handed out with every answer, and handed back to read at
 * least as new as that. Opaque text, which may be kept, sent and given to another client.
 */
export type PositionToken = string & { readonly "~position"?: never };

/** The token as text. Empty bytes, which mean "before everything", are the empty text. */
export function tokenText(bytes: Uint8Array): PositionToken {
  return base64Encode(bytes);
}

/** The token as bytes. Throws {@link PositionError} (INVALID_POSITION). */
export function tokenBytes(token: PositionToken): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(base64Decode(token));
  } catch (cause) {
    throw badToken(cause);
  }
}

function badToken(cause: unknown): PositionError {
  return new PositionError({
    reason: "INVALID_POSITION",
    message: "The position token is not one that was handed out.",
    hint: "Hand tokens back exactly as they came.",
    cause,
  });
}
