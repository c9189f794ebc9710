/** What a block of headers must be to begin a request (RFC 9113, 8.2 and 8.3), or to end one. */
import { ErrorCode, StreamError } from "./protocol.ts";

/** The head of a request whose fields are as HTTP/2 wants them. */
export interface RequestHead {
  readonly method: string;
  readonly scheme: string;
  /** With its query. */
  readonly path: string;
  /** Empty when the client named none. */
  readonly authority: string;
  /** Name and value in turn, as they were sent, without those that begin with a colon. */
  readonly fields: readonly string[];
  /** Undefined: the client did not say. */
  readonly contentLength: number | undefined;
}

/** Stands for a head that nobody will read. */
export const NO_HEAD: RequestHead = {
  method: "",
  scheme: "",
  path: "",
  authority: "",
  fields: [],
  contentLength: undefined,
};

/** The first value of a field, undefined when there is none. */
export function fieldOf(head: RequestHead, name: string): string | undefined {
  const { fields } = head;
  for (let i = 0; i < fields.length; i += 2) if (fields[i] === name) return fields[i + 1];
  return undefined;
}

/** All values of a field, in order. */
export function fieldsOf(head: RequestHead, name: string): readonly string[] {
  const { fields } = head;
  const values: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i] === name) values.push(fields[i + 1] as string);
  }
  return values;
}

/** Of a connection, not of a request: HTTP/2 says these things otherwise. */
const OF_CONNECTIONS: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

/** Letters in lower case and the other characters of a token (RFC 9110, 5.6.2). */
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const BAD_VALUE = /[\0\r\n]|^[ \t]|[ \t]$/;
const LENGTH = /^[0-9]{1,15}$/;

/** Throws PROTOCOL_ERROR for a head that is malformed. */
export function requestHead(fields: readonly string[]): RequestHead {
  const pseudo: Record<string, string> = {};
  let at = 0;
  for (; at < fields.length && fields[at]?.startsWith(":") === true; at += 2) {
    const name = fields[at] as string;
    const isKnown =
      name === ":method" || name === ":scheme" || name === ":path" || name === ":authority";
    if (!isKnown || pseudo[name] !== undefined) throw malformed(name);
    pseudo[name] = checkedValue(name, fields[at + 1] as string);
  }
  const rest = fields.slice(at);
  checkFields(rest);
  const { ":method": method, ":scheme": scheme, ":path": path, ":authority": authority } = pseudo;
  if (method === undefined || scheme === undefined || path === undefined) throw malformed("head");
  if (path !== "*" && !path.startsWith("/")) throw malformed(":path");
  const head = { method, scheme, path, authority: authority ?? "", fields: rest };
  return { ...head, contentLength: contentLength(rest) };
}

/** Throws PROTOCOL_ERROR for fields of a head, or trailers, that are malformed. */
export function checkFields(fields: readonly string[]): void {
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    const value = checkedValue(name, fields[i + 1] as string);
    if (!NAME.test(name) || OF_CONNECTIONS.has(name)) throw malformed(name);
    if (name === "te" && value !== "trailers") throw malformed(name);
  }
}

function checkedValue(name: string, value: string): string {
  if (BAD_VALUE.test(value)) throw malformed(name);
  return value;
}

function contentLength(fields: readonly string[]): number | undefined {
  let length: number | undefined;
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i] !== "content-length") continue;
    const value = fields[i + 1] as string;
    if (!LENGTH.test(value) || (length !== undefined && length !== Number(value))) {
      throw malformed("content-length");
    }
    length = Number(value);
  }
  return length;
}

function malformed(what: string): StreamError {
  return new StreamError(ErrorCode.protocolError, `malformed: ${what}`);
}
