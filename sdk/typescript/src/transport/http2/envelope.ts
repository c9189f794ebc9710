/** A message of gRPC on the wire: flags in a byte, the length of the message in four, the message. */

/** What stands before a message. */
export const ENVELOPE_BYTES = 5;

/** What an envelope can say; the server has limits of its own. */
export const LIMITS = { readMaxBytes: 0xff_ff_ff_ff, writeMaxBytes: 0xff_ff_ff_ff };

/** The message as it is, in its envelope. */
export function enveloped(message: Uint8Array): Buffer {
  const body = Buffer.allocUnsafe(ENVELOPE_BYTES + message.length);
  body[0] = 0;
  body.writeUInt32BE(message.length, 1);
  body.set(message, ENVELOPE_BYTES);
  return body;
}
