/** What a client is made from, checked before anything is opened. */
import type { Credential } from "../calls/caller.ts";
import type { RetryOptions } from "../calls/retry.ts";
import { InvalidArgumentError } from "../errors/refusals.ts";
import type { TypeDefinition } from "../schema/define.ts";
import type { ReservedTypes } from "../schema/wire-schema.ts";
import type { TransportFactory } from "../transport/transport.ts";

/** How a client is made. */
export interface ClientOptions {
  /** Scheme, host and port: "http://localhost:8080". */
  readonly endpoint: string;
  /** Left out where the credential says it. */
  readonly tenantId?: string;
  /** "user:alice". Left out where the credential says it. */
  readonly actor?: string;
  /** An API key or a token; or a function that gives the one in force, asked before each try. */
  readonly credential?: Credential;
  /** The types that the program goes by. */
  readonly schema?: readonly TypeDefinition[];
  /** Numbers of types that were removed on purpose. */
  readonly reserved?: ReservedTypes;
  /** Defaults to Connect over fetch, which works everywhere. */
  readonly transport?: TransportFactory;
  /** How long a call may take, retries included, in milliseconds. Defaults to 30,000. */
  readonly timeoutMs?: number;
  /** How long one try may take before the next one, in milliseconds. Defaults to 10,000. */
  readonly attemptTimeoutMs?: number;
  readonly retry?: RetryOptions;
  /** Whether reads see what this client wrote before. Defaults to true. */
  readonly readYourWrites?: boolean;
}

/** The endpoint without a slash at its end. Throws {@link InvalidArgumentError}. */
export function checkedEndpoint(endpoint: string): string {
  if (!URL.canParse(endpoint)) throw badEndpoint(endpoint);
  const url = new URL(endpoint);
  const http = url.protocol === "http:" || url.protocol === "https:";
  if (!http || url.search !== "" || url.hash !== "" || url.username !== "") {
    throw badEndpoint(endpoint);
  }
  return url.href.replace(/\/$/, "");
}

function badEndpoint(endpoint: string): InvalidArgumentError {
  return new InvalidArgumentError({
    reason: "INVALID_REQUEST",
    message: `${JSON.stringify(endpoint)} is not an endpoint.`,
    hint: 'Write scheme, host and port: "http://localhost:8080", or https:// where the server speaks TLS.',
  });
}
