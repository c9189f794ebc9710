/** Connect over `fetch`: the way for browsers, and one that works everywhere. */
import { createConnectTransport } from "@connectrpc/connect-web";
import { obedient } from "./obedient-fetch.ts";
import type { TransportFactory } from "./transport.ts";

/** How Connect over fetch is spoken. */
export interface FetchTransportOptions {
  /** Defaults to the runtime's own. */
  readonly fetch?: typeof globalThis.fetch;
  /** Reads by GET, which caches between may look at. Defaults to false. */
  readonly useHttpGet?: boolean;
}

/** Whatever it is at the time of a call: programs put others in its place. */
const runtimesFetch = ((input, init) => globalThis.fetch(input, init)) as typeof globalThis.fetch;

/** Connect over fetch, with protobuf. What clients use when they are told nothing else. */
export function fetchTransport(options: FetchTransportOptions = {}): TransportFactory {
  return ({ endpoint }) => ({
    connect: createConnectTransport({
      baseUrl: endpoint,
      useBinaryFormat: true,
      useHttpGet: options.useHttpGet ?? false,
      fetch: obedient(options.fetch ?? runtimesFetch),
    }),
    close: () => undefined,
  });
}
