/**
 * `GET /v1/watch`: changes as server-sent events, which a browser's EventSource, curl and any
 * line reader understand. An event's id is the position token, so that a client which comes
 * back with `Last-Event-ID`, as EventSource does by itself, goes on where it was.
 */
import { stringifyJson } from "../../base/json-write.ts";
import { limits } from "../../base/limits.ts";
import type { ChangeBatch, WatchRequest } from "../../engine/changes.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Caller } from "../../record/caller.ts";
import { SchemaRegistry } from "../../schema/registry.ts";
import { EMPTY_SCHEMA } from "../../schema/types.ts";
import type { HttpCall } from "../call.ts";
import { edgeTypeOfText, nodeTypeOfText } from "../decode/types-by-name.ts";
import { changeToJson } from "../encode/changes.ts";
import { ANY } from "../freshness.ts";
import { callerOf, identityParams } from "../identity.ts";
import { decodeToken, flagParam, integerParam, textParam, tokenParam } from "../params.ts";
import { encodeToken, type StreamAnswer } from "../reply.ts";
import { getRoute, type Route } from "../route.ts";
import { endEvent, LAST_EVENT_HEADER, RETRY } from "../server-sent.ts";
import { changesEvent } from "../shapes/changes.ts";
import type { TenantNames } from "../tenant-names.ts";

const NO_TYPES = new SchemaRegistry(EMPTY_SCHEMA);

const { watchHeartbeatMinMs, watchHeartbeatMaxMs } = limits;

export function watchRoutes(engine: Engine, names: TenantNames): Route[] {
  const facts = {
    tag: "read",
    summary: "What is changed, from a position on and then as it happens, as server-sent events",
    query: {
      ...identityParams,
      types: textParam(
        "Node types by name or number, separated by commas. Neither types nor edge_types: all.",
      ),
      edge_types: textParam("Edge types by name or number, separated by commas."),
      after: tokenParam(
        "INVALID_POSITION",
        "Changes behind this position token. Default: from now on. The header Last-Event-ID stands before it.",
      ),
      from_beginning: flagParam("Without a position: from the first change that is still kept."),
      with_nodes: flagParam("Also the node as it stands when the change is sent."),
      heartbeat_ms: integerParam(
        watchHeartbeatMinMs,
        watchHeartbeatMaxMs,
        "How often an event heartbeat comes when there is no change. Default: 15000.",
      ),
    },
    answers: { 200: changesEvent },
    streams: true,
  } as const;
  return [
    getRoute("/v1/watch", facts, async ({ call, query }) => {
      const caller = callerOf(call, query);
      const types = await typesOf(names, call, caller, query);
      const request: WatchRequest = {
        after: lastEventOf(call) ?? query.after,
        fromBeginning: query.from_beginning ?? false,
        ...types,
        withNodes: query.with_nodes ?? false,
        heartbeatMs: query.heartbeat_ms ?? 0,
        expiresAt: call.identity.expiresAt,
      };
      const batches = engine.changes.watch(caller, request, call.signal);
      return await answerOf({ names, call, caller }, batches[Symbol.asyncIterator]());
    }),
  ];
}

/** What the client saw last, when it says so by the header of EventSource. */
function lastEventOf(call: HttpCall): Uint8Array | undefined {
  const id = call.header(LAST_EVENT_HEADER);
  if (id === null || id === "") return undefined;
  return decodeToken(id, "INVALID_POSITION", LAST_EVENT_HEADER);
}

async function typesOf(
  names: TenantNames,
  call: HttpCall,
  caller: Caller,
  query: { readonly types?: string | undefined; readonly edge_types?: string | undefined },
): Promise<Pick<WatchRequest, "typeIds" | "edgeTypeIds">> {
  const types = listOf(query.types);
  const edgeTypes = listOf(query.edge_types);
  if (types.length + edgeTypes.length === 0) return { typeIds: [], edgeTypeIds: [] };
  return await names.resolve(caller, call.signal, ANY, (registry) => ({
    typeIds: types.map((type) => nodeTypeOfText(registry, type).typeId),
    edgeTypeIds: edgeTypes.map((type) => edgeTypeOfText(registry, type).edgeTypeId),
  }));
}

function listOf(text: string | undefined): string[] {
  return text === undefined || text === "" ? [] : text.split(",");
}

interface Watching {
  readonly names: TenantNames;
  readonly call: HttpCall;
  readonly caller: Caller;
}

/** Begins once the first batch is there: what is refused is refused with a status. */
async function answerOf(
  watching: Watching,
  batches: AsyncIterator<ChangeBatch>,
): Promise<StreamAnswer> {
  let first: string | undefined = `${RETRY}${await nextEvent(watching, batches)}`;
  return {
    failure: endEvent,
    events: {
      next: async () => {
        const value = first ?? (await nextEvent(watching, batches));
        first = undefined;
        return { done: false, value };
      },
      return: async () => {
        await batches.return?.();
        return { done: true, value: undefined };
      },
    },
  };
}

/** The engine ends quietly when it is told to; the client is told why. */
async function nextEvent(
  { names, call, caller }: Watching,
  batches: AsyncIterator<ChangeBatch>,
): Promise<string> {
  const next = await batches.next();
  if (next.done === true) throw call.signal.reason;
  const { changes, positionToken, walPosition } = next.value;
  const withNodes = changes.some(({ node }) => node !== undefined);
  const registry = withNodes ? await names.registry(caller, call.signal) : NO_TYPES;
  const data = stringifyJson({
    changes: changes.map((change) => changeToJson(registry, caller.tenantId, change)),
    wal_position: walPosition,
  });
  const event = changes.length === 0 ? "heartbeat" : "change";
  return `event: ${event}\nid: ${encodeToken(positionToken)}\ndata: ${data}\n\n`;
}
