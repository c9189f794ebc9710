/** What a stream of HTTP/2 that ended without an answer means for its call. */
import { Code, ConnectError } from "@connectrpc/connect";

/** The codes of RST_STREAM (RFC 9113, 7) as gRPC reads them. The others tell nothing of the call. */
const RESETS: Readonly<Record<number, readonly [name: string, code: Code]>> = {
  1: ["PROTOCOL_ERROR", Code.Internal],
  2: ["INTERNAL_ERROR", Code.Internal],
  3: ["FLOW_CONTROL_ERROR", Code.Internal],
  4: ["SETTINGS_TIMEOUT", Code.Internal],
  6: ["FRAME_SIZE_ERROR", Code.Internal],
  7: ["REFUSED_STREAM", Code.Unavailable],
  8: ["CANCEL", Code.Canceled],
  9: ["COMPRESSION_ERROR", Code.Internal],
  10: ["CONNECT_ERROR", Code.Internal],
  11: ["ENHANCE_YOUR_CALM", Code.ResourceExhausted],
  12: ["INADEQUATE_SECURITY", Code.PermissionDenied],
  13: ["HTTP_1_1_REQUIRED", Code.PermissionDenied],
};

/** The error of a stream that was reset with this code; undefined when it was not, or for nothing. */
export function resetStream(code: number | undefined): ConnectError | undefined {
  const [name, meaning] = RESETS[code ?? 0] ?? [];
  if (name === undefined) return undefined;
  return new ConnectError(`the stream was reset with ${name} (0x${code?.toString(16)})`, meaning);
}

/** The error of a stream on which the runtime reported one, which is its cause. */
export function brokenStream(reason: Error, resetCode: number | undefined): ConnectError {
  const code = resetStream(resetCode)?.code ?? Code.Aborted;
  const error = ConnectError.from(reason, code);
  error.cause = reason;
  return error;
}
