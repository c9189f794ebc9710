import { compressionGzip } from "@connectrpc/connect-node";
import type { OutgoingFields } from "../../http2/header-encoder.ts";

const TAKES_GZIP = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/;

/**
 * Whether an answer of Connect is worth compressing and its client takes gzip: as the
 * stock path does it. gRPC's answers stay as they are: its clients offer gzip by default,
 * not because their line is slow.
 */
export function isWorthSqueezing(
  bytes: number,
  acceptEncoding: string | undefined,
  compressMinBytes: number,
): boolean {
  return (
    bytes >= compressMinBytes && acceptEncoding !== undefined && TAKES_GZIP.test(acceptEncoding)
  );
}

/** The bytes compressed; the header that says so is added. */
export function squeezed(
  bytes: Uint8Array<ArrayBuffer>,
  headers: OutgoingFields,
): Promise<Uint8Array<ArrayBuffer>> {
  headers["content-encoding"] = "gzip";
  return compressionGzip.compress(bytes);
}
