/** The door for Node and Bun: transports over HTTP/2. */

export { correlated, currentCorrelation } from "./events/correlation.ts";
export {
  connectTransport,
  grpcTransport,
  type Http2TransportOptions,
  type TlsOptions,
} from "./transport/http2/transports.ts";
