import { Code } from "@connectrpc/connect";
import { EntError, invalid } from "../../base/errors.ts";
import { limitDetails } from "../../base/limits.ts";

/**
 * Errors that connect-es raises itself, before or after a handler runs, have a code and a
 * sentence but no reason. This gives them ours. It goes by the library's sentences where
 * the code alone does not tell; the version is pinned and the tests hold every case.
 *
 * Returns undefined for what can only be a fault of our own.
 */
export function protocolRefusal(
  code: Code,
  message: string,
  messageBytesMax: number,
): EntError | undefined {
  switch (code) {
    case Code.ResourceExhausted:
      return messageTooLarge(messageBytesMax);
    case Code.Unimplemented:
      return message.startsWith("unknown compression")
        ? unsupportedEncoding(message)
        : new EntError({
            code: "unimplemented",
            reason: "INVALID_REQUEST",
            message,
            hint: "Send one message.",
          });
    case Code.InvalidArgument:
      return unreadable(message);
    case Code.Internal:
      // INTERNAL, as gRPC's own rules demand.
      if (message.startsWith("received compressed envelope")) {
        return new EntError({ code: "internal", reason: "INVALID_REQUEST", message });
      }
      return clientsFault(message) ? unreadable(message) : undefined;
    default:
      return undefined;
  }
}

/** A message longer than the server takes, before or after decompression. */
export function messageTooLarge(messageBytesMax: number): EntError {
  return new EntError({
    code: "resource_exhausted",
    reason: "MESSAGE_TOO_LARGE",
    message: `The message is larger than ${messageBytesMax} bytes.`,
    hint: "Split it: a transaction into several, a read into pages.",
    details: limitDetails("messageBytes", messageBytesMax),
  });
}

/**
 * What the library answers with a status alone, before it looks at the call. The code is the
 * one that Connect's clients read out of such a status.
 */
export function bareRefusal(status: number): EntError {
  switch (status) {
    case 405:
      return new EntError({
        code: "unknown",
        reason: "METHOD_NOT_ALLOWED",
        message: "This RPC is not called by that HTTP method.",
        hint: "Use POST; reads may be called by GET too.",
      });
    case 415:
      return new EntError({
        code: "unknown",
        reason: "UNSUPPORTED_ENCODING",
        message: "The content type is none that this RPC takes.",
        hint: "Send application/json or application/proto, or speak gRPC or gRPC-Web.",
      });
    default:
      return invalid("INVALID_REQUEST", `The request cannot be served (HTTP status ${status}).`);
  }
}

function unsupportedEncoding(message: string): EntError {
  return new EntError({
    code: "unimplemented",
    reason: "UNSUPPORTED_ENCODING",
    message,
    hint: "Send the message uncompressed or with gzip.",
  });
}

const NO_PROTOBUF = "parse binary:";
const NO_COMPRESSION = "decompression failed";

function clientsFault(message: string): boolean {
  return message.startsWith(NO_PROTOBUF) || message.startsWith(NO_COMPRESSION);
}

/** Bytes that are not what they are said to be. */
function unreadable(message: string): EntError {
  if (message.startsWith(NO_COMPRESSION)) {
    return invalid(
      "INVALID_REQUEST",
      "The message is not in the compression that its header names.",
      "Compress it so, or send it uncompressed.",
    );
  }
  const what = message.startsWith(NO_PROTOBUF)
    ? `The message is no protobuf of this RPC:${message.slice(NO_PROTOBUF.length)}.`
    : message;
  const hint = "The reference of RPCs, and reflection, say what each field of a message takes.";
  return invalid("INVALID_REQUEST", what, hint);
}
