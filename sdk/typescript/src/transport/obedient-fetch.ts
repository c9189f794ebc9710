/**
 * A fetch that ends when its signal says so. Node's own does not always: now and then it waits
 * on for the server's answer (seen with Node 22, in one of a few runs of the protocol's
 * conformance suite), and a deadline that does not hold is none.
 *
 * The answer to a single call arrives as a whole; a stream's messages end with the signal too.
 */
type Fetch = typeof globalThis.fetch;

const STREAM = "application/connect+";

/** Rejects with the signal's reason as soon as it is aborted; then whatever still comes is thrown away. */
export function obedient(fetch: Fetch): Fetch {
  const obeying = async (input: Parameters<Fetch>[0], init?: RequestInit): Promise<Response> => {
    const signal = init?.signal;
    if (signal === undefined || signal === null) return await fetch(input, init);
    const response = await unlessAborted(fetch(input, init), signal);
    const { body, status, statusText, headers } = response;
    if (body === null || headers.get("content-type")?.startsWith(STREAM) !== true) return response;
    const messages = body.pipeThrough(new TransformStream<Uint8Array, Uint8Array>(), { signal });
    return new Response(messages, { status, statusText, headers });
  };
  // Some runtimes hang more on theirs, which nobody here calls.
  return obeying as Fetch;
}

async function unlessAborted(asked: Promise<Response>, signal: AbortSignal): Promise<Response> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort);
  try {
    return await Promise.race([asked, aborted.promise]);
  } catch (error) {
    asked.then(
      (late) => late.body?.cancel(),
      () => undefined,
    );
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
