import type { Clock } from "../base/clock.ts";
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../base/json.ts";
import { stringifyJson } from "../base/json-write.ts";
import type { ClientCertificates } from "../config/client-certificates.ts";
import { CommandFailure, EXIT, type ExitCode, exitOfReason } from "./failure.ts";
import { eventsOf, type ServerEvent } from "./server-events.ts";

/**
 * The REST face as the commands use it: one request, one JSON object back, every refusal a
 * {@link CommandFailure} with the server's own reason and hint. It never repeats a request
 * by itself: the person at the command line sees what happened and decides.
 */
export interface Target {
  /** Without a path: `http://127.0.0.1:8080`. */
  readonly url: string;
  /** How whoever called named it, for hints. Defaults to what most commands take. */
  readonly namedBy?: string;
  /** Undefined for what concerns no tenant. */
  readonly tenantId: string | undefined;
  /** Undefined: whom the credential speaks for, or this program in trusted mode. */
  readonly actor: string | undefined;
  /** Goes into the header Authorization, and nowhere else. Undefined for none. */
  readonly credential: string | undefined;
  readonly timeoutMs: number;
  /** For an https address. Defaults to the machine's authorities, and none to show. */
  readonly certificates?: ClientCertificates;
}

type Send = (url: string, init: BunFetchRequestInit) => Promise<Response>;

export type QueryParameters = readonly (readonly [name: string, value: string])[];

export class RestClient {
  readonly #target: Target;
  readonly #clock: Clock;
  readonly #fetch: Send;

  constructor(target: Target, clock: Clock, send: Send = fetch) {
    this.#target = target;
    this.#clock = clock;
    const { certificates: tls } = target;
    this.#fetch = (url, init) => send(url, tls === undefined ? init : { ...init, tls });
  }

  get(path: string, query: QueryParameters = []): Promise<JsonObject> {
    return this.#request("GET", withQuery(path, query), undefined);
  }

  post(path: string, body: JsonObject): Promise<JsonObject> {
    return this.#request("POST", path, stringifyJson(body));
  }

  /**
   * The events that the path sends, until the signal aborts. What the server ends them with is
   * thrown, and so is the loss of the connection; `timeoutMs` is for the first of them.
   */
  async *events(
    path: string,
    query: QueryParameters,
    signal: AbortSignal,
  ): AsyncGenerator<ServerEvent> {
    const { url, timeoutMs } = this.#target;
    const abort = new AbortController();
    const stop = () => abort.abort();
    signal.addEventListener("abort", stop, { once: true });
    const disarm = this.#clock.timer(timeoutMs, stop);
    try {
      const headers = this.#headers("text/event-stream");
      const init = { headers, signal: abort.signal, redirect: "manual" as const };
      const response = await this.#fetch(new URL(withQuery(path, query), url).href, init);
      if (response.status !== 200) answerOf(response.status, await response.text(), this.#target);
      for await (const event of eventsOf(response)) {
        disarm();
        if (event.event === "end") throw endOf(event);
        yield event;
      }
      throw unreachableServer(this.#target, undefined);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof CommandFailure) throw error;
      throw abort.signal.aborted
        ? timedOut(url, timeoutMs)
        : unreachableServer(this.#target, error);
    } finally {
      disarm();
      signal.removeEventListener("abort", stop);
    }
  }

  #headers(accept: string): Record<string, string> {
    const { tenantId, actor, credential } = this.#target;
    const headers: Record<string, string> = { accept };
    if (credential !== undefined) headers["authorization"] = `Bearer ${credential}`;
    const name = actor ?? (credential === undefined ? ACTOR_OF_THIS_PROGRAM : undefined);
    if (name !== undefined) headers["x-actor"] = name;
    if (tenantId !== undefined) headers["x-tenant-id"] = tenantId;
    return headers;
  }

  async #request(method: string, path: string, body: string | undefined): Promise<JsonObject> {
    const { url, timeoutMs } = this.#target;
    const headers = this.#headers("application/json");
    headers["x-timeout-ms"] = String(Math.ceil(timeoutMs));
    if (body !== undefined) headers["content-type"] = "application/json";
    const abort = new AbortController();
    // The server is asked to answer in time; this is for one that does not answer at all.
    const disarm = this.#clock.timer(timeoutMs + ANSWER_ON_ITS_WAY_MS, () => abort.abort());
    try {
      const init = { method, headers, signal: abort.signal, redirect: "manual" as const };
      const response = await this.#fetch(
        new URL(path, url).href,
        body === undefined ? init : { ...init, body },
      );
      return answerOf(response.status, await response.text(), this.#target);
    } catch (error) {
      if (error instanceof CommandFailure) throw error;
      throw abort.signal.aborted
        ? timedOut(url, timeoutMs)
        : unreachableServer(this.#target, error);
    } finally {
      disarm();
    }
  }
}

/** Who asks a server that trusts whoever reaches it, when nobody is named. */
const ACTOR_OF_THIS_PROGRAM = "user:cli";
const ANSWER_ON_ITS_WAY_MS = 1_000;

function withQuery(path: string, query: QueryParameters): string {
  const search = new URLSearchParams();
  for (const [name, value] of query) search.append(name, value);
  return search.size === 0 ? path : `${path}?${search}`;
}

/** The statuses that the codes of a last event stand for, where the exit code depends on it. */
const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  NOT_FOUND: 404,
  CONFLICT: 409,
  RATE_LIMITED: 429,
  SERVICE_UNAVAILABLE: 503,
};

/** Why a stream of events was ended by the server. */
function endOf({ data }: ServerEvent): CommandFailure {
  const body = parseJson(data);
  const error = isJsonObject(body) && isJsonObject(body["error"]) ? body["error"] : {};
  return refusal(STATUS_OF_CODE[String(error["code"])] ?? 400, error);
}

function answerOf(status: number, text: string, { url, namedBy = NAMED_BY }: Target): JsonObject {
  let body: JsonValue | undefined;
  try {
    body = parseJson(text);
  } catch {
    body = undefined;
  }
  if (status >= 200 && status < 300 && isJsonObject(body)) return body;
  const error = isJsonObject(body) ? body["error"] : undefined;
  if (isJsonObject(error)) throw refusal(status, error);
  // GET /health answers 503 with its ordinary body: what is unhealthy is the data asked for.
  if (status === 503 && isJsonObject(body)) return body;
  throw new CommandFailure({
    code: "UNKNOWN",
    reason: "INVALID_REQUEST",
    message: `${url} answered HTTP ${status} with something that is not EntDB's JSON.`,
    exitCode: EXIT.failure,
    hint: `Point ${namedBy} at the HTTP port of an EntDB server, 8080 by default.`,
  });
}

const CREDENTIAL_HINT =
  "Give a key that holds: --api-key-file <file>, or ENTDB_API_KEY with the key itself.";

function refusal(status: number, error: JsonObject): CommandFailure {
  const text = (name: string) => (typeof error[name] === "string" ? error[name] : undefined);
  const details = isJsonObject(error["details"]) ? error["details"] : {};
  const reason = text("reason") ?? "INTERNAL";
  return new CommandFailure({
    code: text("code") ?? `HTTP_${status}`,
    reason,
    message: text("message") ?? `The server answered HTTP ${status}.`,
    exitCode: exitOfReason(reason) ?? exitOfStatus(status),
    // What the server says is for who writes headers.
    hint: reason === "UNAUTHENTICATED" ? CREDENTIAL_HINT : text("hint"),
    details: Object.fromEntries(
      Object.entries(details).map(([name, value]) => [
        name,
        typeof value === "string" ? value : stringifyJson(value),
      ]),
    ),
    requestId: text("request_id"),
  });
}

function exitOfStatus(status: number): ExitCode {
  switch (status) {
    case 404:
      return EXIT.notFound;
    case 409:
      return EXIT.conflict;
    case 429:
    case 502:
    case 503:
    case 504:
      return EXIT.unavailable;
    default:
      return EXIT.failure;
  }
}

const NAMED_BY = "--url or ENTDB_URL";

function unreachableServer({ url, namedBy = NAMED_BY }: Target, cause: unknown): CommandFailure {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (code === HANDSHAKE_CODE) return handshakeFailed(url, cause);
  if (CERTIFICATE_CODES.test(code)) return certificateRefused(url, code, cause);
  return new CommandFailure({
    code: "SERVICE_UNAVAILABLE",
    reason: "SERVER_UNREACHABLE",
    message: `No EntDB server answers at ${url}.`,
    exitCode: EXIT.unavailable,
    hint: `Start one with \`entdb dev\`, or name another with ${namedBy}.`,
    cause,
  });
}

/** What the runtime says of a server that it cannot be sure of. */
const CERTIFICATE_CODES = /CERT|SELF_SIGNED|UNABLE_TO|ISSUER|SIGNATURE|_TLS_/;

function certificateRefused(url: string, code: string, cause: unknown): CommandFailure {
  return new CommandFailure({
    code: "SERVICE_UNAVAILABLE",
    reason: "SERVER_UNREACHABLE",
    message: `The certificate of ${url} was not accepted (${code}).`,
    exitCode: EXIT.unavailable,
    hint: "Name its authority with --ca-file or ENTDB_CA_FILE, and the server by a name that stands in the certificate.",
    cause,
  });
}

/** The runtime says so of a server without TLS, and of one that misses the client's certificate. */
const HANDSHAKE_CODE = "EPROTO";

function handshakeFailed(url: string, cause: unknown): CommandFailure {
  return new CommandFailure({
    code: "SERVICE_UNAVAILABLE",
    reason: "SERVER_UNREACHABLE",
    message: `TLS did not come about with ${url}.`,
    exitCode: EXIT.unavailable,
    hint: "If it asks for certificates of clients, give --client-cert-file and --client-key-file; if it speaks no TLS and the way to it is safe, name it with http://.",
    cause,
  });
}

function timedOut(url: string, timeoutMs: number): CommandFailure {
  return new CommandFailure({
    code: "SERVICE_UNAVAILABLE",
    reason: "DEADLINE_EXCEEDED",
    message: `${url} did not answer within ${timeoutMs / 1000} s; whether it did what was asked is not known.`,
    exitCode: EXIT.unavailable,
    hint: "Ask again with a longer --timeout; give writes an --idempotency-key so that repeating them is safe.",
  });
}
