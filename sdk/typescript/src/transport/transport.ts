/** How a client reaches its server. The package has three ways; each is made by a function. */
import type { Transport } from "@connectrpc/connect";

/** What a transport is told by the client that it is made for. */
export interface TransportTarget {
  /** With scheme, host and port, without a slash at its end. */
  readonly endpoint: string;
}

/** Makes the transport for an endpoint. */
export type TransportFactory = (target: TransportTarget) => ClientTransport;

/** A transport, and how what it holds open is closed. */
export interface ClientTransport {
  readonly connect: Transport;
  /** Closes connections that are open. Calls under way fail. */
  close(): void;
}

/** Why a stream is ended on which nothing came for too long: its connection may be dead. */
export class SilentStream extends Error {
  override readonly name = "SilentStream";
}
