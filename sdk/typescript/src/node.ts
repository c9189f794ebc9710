/** The door for Node and Bun: transports over HTTP/2. */
export {
  connectTransport,
  grpcTransport,
  type Http2TransportOptions,
  type TlsOptions,
} from "./transport/node.ts";
