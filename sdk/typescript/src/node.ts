/** The door for Node and Bun: transports over HTTP/2. */
export {
  connectTransport,
  grpcTransport,
  type Http2TransportOptions,
} from "./transport/node.ts";
