/** What stands in front of a message in a body of gRPC: whether it is compressed, and its length. */
export const GRPC_FRAME_BYTES = 5;

/** A message, not compressed, behind its prefix. */
export function grpcFrame(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const framed = Buffer.allocUnsafe(GRPC_FRAME_BYTES + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, GRPC_FRAME_BYTES);
  return framed;
}
