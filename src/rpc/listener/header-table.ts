import {
  type OutgoingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  sensitiveHeaders,
} from "node:http2";
import type { Connection } from "./connection.ts";

/**
 * HTTP/2 lets a client say how many bytes of headers it remembers of former answers. The
 * encoder of this runtime does not listen: it refers back to what nobody has kept, and clients
 * that keep nothing, such as nginx in front of us, can read no answer of a connection but the
 * first. For these every header is marked as one that is never remembered.
 */
const REMEMBERED_BYTES = 4_096;

/** From now on knows of the connection whether its client remembers headers. */
export function learnHeaderTable(session: ServerHttp2Session, connection: Connection): void {
  session.on("remoteSettings", ({ headerTableSize = REMEMBERED_BYTES }) => {
    connection.remembersHeaders = headerTableSize >= REMEMBERED_BYTES;
  });
}

/** Has everything that is said on the stream stand for itself. To be called before anything is. */
export function sayInFull(stream: ServerHttp2Stream): void {
  const respond = stream.respond.bind(stream);
  const sendTrailers = stream.sendTrailers.bind(stream);
  stream.respond = (headers, options) => respond(inFull(headers as OutgoingHttpHeaders), options);
  stream.sendTrailers = (trailers) => sendTrailers(inFull(trailers));
}

/** The runtime adds the date, and takes what is marked by its name. */
function inFull(headers: OutgoingHttpHeaders = {}): OutgoingHttpHeaders {
  return { ...headers, [sensitiveHeaders]: [...Object.keys(headers), "date"] };
}
