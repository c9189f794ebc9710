/**
 * Refuses text that no message can carry. Half a surrogate pair has no UTF-8: encoders put U+FFFD
 * in its place without a word, and what arrives is another text than was sent.
 */
import type { Transport } from "@connectrpc/connect";
import { InvalidArgumentError } from "../errors/refusals.ts";

/** The transport, through which only well-formed text goes. Throws {@link InvalidArgumentError}. */
export function wellFormed(transport: Transport): Transport {
  return {
    unary: async (method, signal, timeoutMs, header, input, values) => {
      check(input, "");
      return transport.unary(method, signal, timeoutMs, header, input, values);
    },
    stream: async (method, signal, timeoutMs, header, input, values) =>
      transport.stream(method, signal, timeoutMs, header, checked(input), values),
  };
}

async function* checked<T>(messages: AsyncIterable<T>): AsyncGenerator<T, void, void> {
  for await (const message of messages) {
    check(message, "");
    yield message;
  }
}

/** `path` is where the value stands in the request: "operations.0.…". */
function check(value: unknown, path: string): void {
  if (typeof value === "string") {
    if (!value.isWellFormed()) throw halfPair(path);
    return;
  }
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return;
  for (const name in value) {
    check(
      (value as Readonly<Record<string, unknown>>)[name],
      path === "" ? name : `${path}.${name}`,
    );
    if (!name.isWellFormed()) throw halfPair(path);
  }
}

function halfPair(path: string): InvalidArgumentError {
  return new InvalidArgumentError({
    reason: "INVALID_REQUEST",
    message: `The request's ${path} holds half a surrogate pair, which is no text.`,
    hint: "Send well-formed Unicode.",
    details: { field: path },
  });
}
