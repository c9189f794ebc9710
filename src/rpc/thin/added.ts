import type { OutgoingFields } from "../../http2/header-encoder.ts";
import type { Call } from "../call.ts";
import type { Dialect } from "./dialect.ts";

/**
 * Puts what the handler added on an answer that has a head alone, or all of whose trailers
 * travel there: Connect's unary answers, and errors of both protocols. The protocol's own
 * names stand.
 */
export function addAll(headers: OutgoingFields, call: Call, { trailerPrefix }: Dialect): void {
  const { added } = call;
  if (added === undefined) return;
  addTo(headers, added.headers, "");
  addTo(headers, added.trailers, trailerPrefix);
}

/** The same for an answer with trailers of its own, which are given back with the handler's. */
export function addApart(
  headers: OutgoingFields,
  trailers: OutgoingFields,
  call: Call,
): OutgoingFields {
  const { added } = call;
  if (added === undefined) return trailers;
  addTo(headers, added.headers, "");
  const all = { ...trailers };
  addTo(all, added.trailers, "");
  return all;
}

function addTo(target: OutgoingFields, source: Headers | undefined, prefix: string): void {
  for (const [name, value] of source ?? []) target[prefix + name] ??= value;
}
