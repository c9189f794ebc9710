import { Hono } from "hono";
import { EntError, type ErrorReason } from "../base/errors.ts";
import type { Soon } from "../base/soon.ts";
import type { Engine } from "../engine/engine.ts";
import { isRpcPath } from "../face/rpc-path.ts";
import { BodyReader, declaresBody, lingering } from "./body.ts";
import type { HttpCall, Peer } from "./call.ts";
import { Calls, type CallsOptions, type HttpMeter } from "./calls.ts";
import { type HttpLog, toHttpError } from "./errors.ts";
import { checkHost, type HostPolicy } from "./guards/host.ts";
import { checkOrigin, type OriginPolicy, REST_CORS } from "./guards/origin.ts";
import { checkAuthorization, checkMethod } from "./guards/request-line.ts";
import { parseTarget } from "./guards/target.ts";
import { requireServer } from "./identity.ts";
import { refusalOfPath } from "./not-found.ts";
import { readParams } from "./params.ts";
import { parseQueryString } from "./query-string.ts";
import {
  completeHeaders,
  emptyReply,
  errorReply,
  replyOf,
  type StreamAnswer,
  streamReply,
} from "./reply.ts";
import { labelOf, type Route } from "./route.ts";
import { routeTable } from "./routes/table.ts";
import { check } from "./shapes/closed.ts";
import { EventStream } from "./stream.ts";
import { TenantNames } from "./tenant-names.ts";

/**
 * The REST face, as a function from request to response. Every request runs through the
 * same short way: it gets its id and its place, the guards look at its head (synchronous,
 * in a fixed order, before anything of it is believed), the router finds the row of the
 * table, and what is thrown anywhere becomes the one envelope. Requests of the RPC face's
 * protocols pass the same guards and are handed on.
 *
 * It promises never to reject, and to answer every request exactly once.
 */
export interface HttpAppOptions extends HostPolicy, OriginPolicy, Omit<CallsOptions, "meter"> {
  readonly messageBytes: number;
  /** For the whole body of a request to arrive, in milliseconds. */
  readonly requestTimeoutMs: number;
}

/** Answers Connect and gRPC-Web requests; undefined, at once or later, for a path that it does not know. */
export type ConnectFetch = (
  request: Request,
  /** The client's address. */
  peer: () => string,
) => Promise<Response | undefined> | Response | undefined;

export interface HttpAppDeps {
  readonly engine: Engine;
  readonly connectFetch: ConnectFetch;
  readonly meter: HttpMeter;
  readonly log: HttpLog;
  /** Prometheus' text format; undefined: metrics are off. */
  readonly metricsText: (() => Promise<string>) | undefined;
  /** Whether the server has caught up with its log. Defaults to always. */
  readonly ready?: () => Soon<boolean>;
  readonly options: HttpAppOptions;
}

export interface HttpApp {
  /** `peer` is the connection that the request came over; without one, nothing is known of it. */
  fetch(request: Request, peer?: Peer): Promise<Response>;
  /** Requests under way. */
  readonly inFlight: number;
  /** From now on new requests are refused with SERVER_STOPPING. Resolves when none is under way. */
  stop(): Promise<void>;
  /** Ends the requests under way, which are answered with SERVER_STOPPING. */
  abortAll(): void;
}

export function createHttpApp(deps: HttpAppDeps): HttpApp {
  return new App(deps);
}

const RPC_ROUTE = "rpc";
/** Answers that go on for as long as both sides like. */
const STREAM_TYPE = /^application\/(?:connect\+|grpc)/;

interface Environment {
  Bindings: { call: HttpCall };
}

const nobody: Peer = { address: () => "unknown", keepOpen: () => undefined, lingers: true };

class App implements HttpApp {
  readonly #deps: HttpAppDeps;
  readonly #calls: Calls;
  readonly #bodies: BodyReader;
  readonly #routes: readonly Route[];
  readonly #router: Hono<Environment>;
  #stopping = false;

  constructor(deps: HttpAppDeps) {
    const { engine, metricsText, meter, options } = deps;
    this.#deps = deps;
    this.#calls = new Calls({ ...options, meter });
    this.#bodies = new BodyReader(options, this.#calls);
    const ready = () => !this.#stopping && (deps.ready?.() ?? true);
    const { trusted } = options;
    this.#routes = routeTable({ engine, ready, metricsText, trusted }, new TenantNames(engine));
    this.#router = this.#buildRouter();
  }

  get inFlight(): number {
    return this.#calls.inFlight;
  }

  stop(): Promise<void> {
    this.#stopping = true;
    return this.#calls.stop();
  }

  abortAll(): void {
    this.#calls.abortAll();
  }

  async fetch(request: Request, peer: Peer = nobody): Promise<Response> {
    const call = this.#calls.open(request, peer);
    const response = await this.#answer(call);
    if (peer.lingers || !call.bodyUnread || request.method === "HEAD") return response;
    return lingering(response, request, this.#deps.options.clock);
  }

  async #answer(call: HttpCall): Promise<Response> {
    let reason: "" | ErrorReason = "";
    let response: Response;
    let origin: string | undefined;
    try {
      origin = this.#guard(call);
      this.#calls.admit();
      response = await this.#dispatch(call, origin);
    } catch (raised) {
      const thrown = call.refusal(raised);
      if (call.route !== RPC_ROUTE) this.#calls.count(call);
      const isOurs = thrown instanceof EntError;
      const error = toHttpError(call.causeOf(thrown, isOurs), call, this.#deps.log);
      reason = error.reason;
      response = errorReply(error, call.requestId, isOurs ? thrown.details["allow"] : undefined);
    }
    if (origin !== undefined) REST_CORS.allow(response.headers, origin);
    for (const [name, value] of call.paceHeaders) response.headers.set(name, value);
    if (call.endsConnection) response.headers.set("connection", "close");
    if (!call.streaming) this.#calls.close(call, response.status, reason);
    return response;
  }

  /** What the head of a request must be like. The origin that may read the answer, if it is a foreign one. */
  #guard(call: HttpCall): string | undefined {
    const { headers, method, url } = call.request;
    const { options } = this.#deps;
    call.bodyUnread = declaresBody(headers);
    const host = headers.get("host");
    checkHost(host, options);
    checkMethod(method);
    call.target = parseTarget(url);
    checkAuthorization(headers.get("authorization"));
    return checkOrigin(headers.get("origin"), host ?? "", options);
  }

  #dispatch(call: HttpCall, origin: string | undefined): Response | Promise<Response> {
    const { request, target } = call;
    if (isRpcPath(target.path) && request.method !== "OPTIONS") {
      return this.#handOn(call);
    }
    this.#calls.count(call);
    if (request.method === "OPTIONS") return this.#preflight(call, origin);
    // The router would answer HEAD itself, without a length; the server below drops the body.
    const routed = request.method === "HEAD" ? new Request(request, { method: "GET" }) : request;
    return this.#router.fetch(routed, { call });
  }

  #preflight(call: HttpCall, origin: string | undefined): Response {
    const asks = call.header("access-control-request-method") !== null;
    call.route = "OPTIONS";
    const headers = asks && origin !== undefined ? REST_CORS.preflightHeaders(origin) : {};
    return emptyReply(call.requestId, headers);
  }

  async #handOn(call: HttpCall): Promise<Response> {
    call.route = RPC_ROUTE;
    call.bodyUnread = false;
    const response = await this.#deps.connectFetch(call.request, call.address);
    if (response === undefined) return this.#unknown(call);
    if (STREAM_TYPE.test(response.headers.get("content-type") ?? "")) call.keepOpen();
    completeHeaders(response.headers, call.requestId);
    return response;
  }

  #buildRouter(): Hono<Environment> {
    // By the path as it was sent: what a proxy in front keeps from /admin is not let in as /%61dmin.
    const router = new Hono<Environment>({
      getPath: (_request, options) => options?.env?.call.target.path ?? "",
    });
    for (const route of this.#routes) {
      router.on(route.method, route.path, (context) =>
        this.#run(route, context.env.call, (name) => context.req.param(name) ?? ""),
      );
    }
    router.notFound((context) => this.#unknown(context.env.call));
    router.onError((error) => {
      throw error;
    });
    return router;
  }

  /** What there is and is not is told to nobody without a credential. */
  async #unknown(call: HttpCall): Promise<never> {
    await call.authenticate();
    throw refusalOfPath(this.#routes, call.target.path);
  }

  /** The call stays open until the last event has left, or nobody reads any more. */
  #stream(call: HttpCall, answer: StreamAnswer): Response {
    if (call.request.method === "HEAD") {
      void answer.events.return?.();
      return streamReply(null, call.requestId);
    }
    call.keepOpen();
    call.streaming = true;
    const ended = (reason: "" | ErrorReason) => this.#calls.close(call, 200, reason);
    const { log, options } = this.#deps;
    const events = new EventStream(call, answer, { log, clock: options.clock, ended });
    return streamReply(events.body(), call.requestId);
  }

  async #run(route: Route, call: HttpCall, param: (name: string) => string): Promise<Response> {
    call.route = labelOf(route);
    if (route.access !== "open") {
      const authenticating = call.authenticate();
      if (authenticating !== undefined) await authenticating;
      if (route.access === "server") requireServer(call);
      if (route.streams) call.watchCredential();
    }
    call.long = route.long;
    call.streams = route.streams;
    const { query, fieldParams, body } = route;
    const { values, fields } = readParams(parseQueryString(call.target.search), query, fieldParams);
    const json = body === undefined ? undefined : check(body, await this.#bodies.read(call));
    const answer = await route.handle({ call, query: values, fields, body: json, path: param });
    return "events" in answer ? this.#stream(call, answer) : replyOf(answer, call.requestId);
  }
}
