/** The door for Node and Bun: transports over HTTP/2. */

export { correlated, currentCorrelation } from "./correlation.ts";
export {
  connectTransport,
  grpcTransport,
  type Http2TransportOptions,
  type TlsOptions,
} from "./transport/node.ts";
