import type { OutgoingHttpHeaders } from "node:http2";
import type { Call } from "../calls.ts";
import type { Dialect } from "./dialect.ts";

/**
 * Puts what the handler added on an answer that has a head alone, or all of whose trailers
 * travel there: Connect's unary answers, and errors of both protocols. The protocol's own
 * names stand.
 */
export function addAll(headers: OutgoingHttpHeaders, call: Call, { trailerPrefix }: Dialect): void {
  const { added } = call;
  if (added === undefined) return;
  addTo(headers, added.headers, "");
  addTo(headers, added.trailers, trailerPrefix);
}

/** The same for an answer with trailers of its own, which are given back with the handler's. */
export function addApart(
  headers: OutgoingHttpHeaders,
  trailers: OutgoingHttpHeaders,
  call: Call,
): OutgoingHttpHeaders {
  const { added } = call;
  if (added === undefined) return trailers;
  addTo(headers, added.headers, "");
  const all = { ...trailers };
  addTo(all, added.trailers, "");
  return all;
}

function addTo(target: OutgoingHttpHeaders, source: Headers | undefined, prefix: string): void {
  for (const [name, value] of source ?? []) target[prefix + name] ??= value;
}
