/**
 * Two clocks run for a call with a deadline, and the other side's may be the first to say that
 * time is up: servers and proxies then reset the stream, which looks as if somebody had changed
 * their mind. Nobody had: such a call has run out of time.
 */
import { Code, ConnectError, type Transport } from "@connectrpc/connect";

/** The transport, whose calls fail with DeadlineExceeded when they are reset after their time. */
export function deadlineTold(transport: Transport): Transport {
  return {
    unary: async (method, signal, timeoutMs, header, input, values) => {
      const explained = explainer(signal, timeoutMs);
      const { unary } = transport;
      return await unary(method, signal, timeoutMs, header, input, values).catch((error) => {
        throw explained(error);
      });
    },
    stream: async (method, signal, timeoutMs, header, input, values) => {
      const explained = explainer(signal, timeoutMs);
      try {
        const { stream } = transport;
        const response = await stream(method, signal, timeoutMs, header, input, values);
        return { ...response, message: explaining(response.message, explained) };
      } catch (error) {
        throw explained(error);
      }
    },
  };
}

type Explain = (error: unknown) => unknown;

function explainer(signal: AbortSignal | undefined, timeoutMs: number | undefined): Explain {
  if (timeoutMs === undefined) return (error) => error;
  const endsAtMs = performance.now() + timeoutMs;
  return (error) => {
    if (signal?.aborted === true || performance.now() < endsAtMs) return error;
    const { code } = ConnectError.from(error);
    if (code !== Code.Canceled) return error;
    return new ConnectError(
      "the operation timed out",
      Code.DeadlineExceeded,
      undefined,
      undefined,
      error,
    );
  };
}

async function* explaining<T>(messages: AsyncIterable<T>, explained: Explain): AsyncGenerator<T> {
  try {
    yield* messages;
  } catch (error) {
    throw explained(error);
  }
}
