import type * as v from "valibot";
import type { JsonObject } from "../base/json.ts";
import type { HttpCall } from "./call.ts";
import type { FieldParams, Params, ParamValues } from "./params.ts";
import type { QueryPair } from "./query-string.ts";
import type { Answer, StreamAnswer } from "./reply.ts";

/**
 * One row of the table that the router and the documentation are made from. A handler
 * throws `EntError` and knows nothing of status codes or headers.
 */
export interface Route {
  readonly method: "GET" | "POST";
  /** "/v1/nodes/:id" */
  readonly path: string;
  readonly tag: RouteTag;
  readonly summary: string;
  readonly query: Params;
  readonly fieldParams: FieldParams | undefined;
  /** POST only. */
  readonly body: v.GenericSchema | undefined;
  /** A body that the documentation shows. */
  readonly example: JsonObject | undefined;
  /** Of the answer by its status; undefined: text that is no JSON. */
  readonly answers: Readonly<Record<number, v.GenericSchema | undefined>>;
  /** Work that is long by nature gets the long deadline. */
  readonly long: boolean;
  /** The answer is a stream of events, which has no deadline of the server's. */
  readonly streams: boolean;
  /** Who may ask: everybody, whoever has a credential, or a credential of the server. */
  readonly access: RouteAccess;
  /** Synchronous answers are sent without a turn of the event loop. */
  handle(input: RouteInput<Params, unknown>): RouteAnswer | Promise<RouteAnswer>;
}

export type RouteAnswer = Answer | StreamAnswer;

export type RouteAccess = "open" | "credential" | "server";

export const ROUTE_TAGS = {
  write: "Atomic writes, and what became of them",
  read: "Reads of nodes and edges",
  events: "The event store: aggregates and their events",
  mailbox: "What actors have been sent",
  schema: "Type definitions",
  tenants: "Tenants, and who may do what in them",
  health: "How the server is",
  admin: "What operators do to a running server",
} as const;
export type RouteTag = keyof typeof ROUTE_TAGS;

export interface RouteInput<P extends Params, B> {
  readonly call: HttpCall;
  /** Parameters of the query; undefined where one was not sent. */
  readonly query: ParamValues<P>;
  /** The parameters of `fieldParams`, without their prefix. */
  readonly fields: readonly QueryPair[];
  readonly body: B;
  /** A part of the path by its name in the route's path. */
  path(name: string): string;
}

interface RouteFacts<P extends Params> {
  readonly tag: RouteTag;
  readonly summary: string;
  readonly query: P;
  readonly fieldParams?: FieldParams;
  readonly answers: Readonly<Record<number, v.GenericSchema | undefined>>;
  readonly long?: boolean;
  readonly streams?: boolean;
  /** Defaults to `credential`. */
  readonly access?: RouteAccess;
  readonly example?: JsonObject;
}

export function getRoute<const P extends Params>(
  path: string,
  facts: RouteFacts<P>,
  handle: (input: RouteInput<P, undefined>) => RouteAnswer | Promise<RouteAnswer>,
): Route {
  return build("GET", path, facts, undefined, handle);
}

export function postRoute<const P extends Params, S extends v.GenericSchema>(
  path: string,
  facts: RouteFacts<P> & { readonly body: S },
  handle: (input: RouteInput<P, v.InferOutput<S>>) => Answer | Promise<Answer>,
): Route {
  return build("POST", path, facts, facts.body, handle);
}

function build<P extends Params, B>(
  method: Route["method"],
  path: string,
  facts: RouteFacts<P>,
  body: v.GenericSchema | undefined,
  handle: (input: RouteInput<P, B>) => RouteAnswer | Promise<RouteAnswer>,
): Route {
  const { tag, summary, query, fieldParams, answers, example } = facts;
  const { long = false, streams = false, access = "credential" } = facts;
  // The router reads query and body with the shapes that stand beside the handler, so they
  // are of its types, though a table of many routes cannot say so.
  const erased = handle as unknown as Route["handle"];
  return {
    method,
    path,
    tag,
    summary,
    query,
    fieldParams,
    body,
    example,
    answers,
    long,
    streams,
    access,
    handle: erased,
  };
}

/** "GET /v1/nodes/:id" */
export function labelOf(route: Pick<Route, "method" | "path">): string {
  return `${route.method} ${route.path}`;
}
