/**
 * What happens on the way, before or instead of an answer. In a browser most of it looks alike
 * ("Failed to fetch"), so that there only {@link ConnectionError} itself is thrown.
 */
import { EntDBError } from "./entdb-error.ts";

/** The server was not reached, or the connection ended before its answer came. */
export class ConnectionError extends EntDBError {
  override readonly name: string = "ConnectionError";
}

/** Nothing listens at the endpoint. */
export class ConnectionRefusedError extends ConnectionError {
  override readonly name = "ConnectionRefusedError";
}

/** The connection broke in the middle of the call. Whether a write happened is not known. */
export class ConnectionLostError extends ConnectionError {
  override readonly name = "ConnectionLostError";
}

/** The endpoint's host has no address. */
export class HostNotFoundError extends ConnectionError {
  override readonly name = "HostNotFoundError";
}

/** One side speaks TLS and the other does not, or the certificate does not hold. */
export class TlsError extends ConnectionError {
  override readonly name = "TlsError";
}

/** Something answers at the endpoint that is not EntDB. */
export class NotEntDBError extends ConnectionError {
  override readonly name = "NotEntDBError";
}
