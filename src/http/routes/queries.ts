import { stringifyJson } from "../../base/json-write.ts";
import { limits } from "../../base/limits.ts";
import type { Engine, NodePage, QueryRequest } from "../../engine/engine.ts";
import type { Freshness, Read } from "../../engine/reading.ts";
import type { Caller } from "../../record/caller.ts";
import type { SchemaRegistry } from "../../schema/registry.ts";
import type { HttpCall } from "../call.ts";
import { filterOfJson, filterOfParams, orderOf } from "../decode/filter.ts";
import { nodeTypeOf } from "../decode/types-by-name.ts";
import { nodeToJson } from "../encode/graph.ts";
import { freshnessOf, freshnessParams } from "../freshness.ts";
import { callerOf, identityParams } from "../identity.ts";
import { decodeToken, flagParam, integerParam, textParam } from "../params.ts";
import type { Answer } from "../reply.ts";
import { getRoute, postRoute, type Route } from "../route.ts";
import { countAnswer, nodePageAnswer } from "../shapes/graph.ts";
import { queryRequest } from "../shapes/query.ts";
import type { TenantNames } from "../tenant-names.ts";
import { pageEnd, pageParams } from "./page.ts";

/** Nodes of one type, filtered and in order. */
export function queryRoutes(engine: Engine, names: TenantNames): Route[] {
  return [
    countRoute(engine, names),
    queryByParamsRoute(engine, names),
    queryByBodyRoute(engine, names),
  ];
}

const typeParams = {
  type_id: integerParam(1, 2 ** 31 - 1, "The type of the nodes."),
  type: textParam("The type's name, instead of its number."),
  include_deleted: flagParam("Deleted nodes too. Default: false."),
};

const filterParams = {
  prefix: "filter",
  description:
    "filter.<field>=value or filter.<field>.<operator>=value, all of which must hold. The field may be id, created_at, updated_at or version; operators are eq, neq, gt, gte, lt, lte, in (values separated by commas, or a JSON list), like, contains, is_null (=true).",
};

function queryByParamsRoute(engine: Engine, names: TenantNames): Route {
  const facts = {
    tag: "read",
    summary: "Nodes of a type, filtered and in order",
    query: {
      ...identityParams,
      ...freshnessParams,
      ...typeParams,
      ...pageParams,
      offset: integerParam(0, limits.pageOffsetMax, "Rows to pass over; not with a cursor."),
      order: textParam("Fields or attributes, separated by commas; -name is descending."),
      total_count: flagParam(
        "Whether all matches are counted. Default: true, but false on a page by cursor.",
      ),
    },
    fieldParams: filterParams,
    answers: { 200: nodePageAnswer },
  } as const;
  return getRoute("/v1/nodes", facts, ({ call, query, fields }) => {
    const read = (registry: SchemaRegistry): QueryRequest => {
      const type = nodeTypeOf(registry, query, "");
      return {
        typeId: type.typeId,
        filter: filterOfParams(type, fields),
        order: query.order === undefined ? [] : orderOf(type, query.order.split(",")),
        ...windowOf(query, query.cursor),
      };
    };
    return run(
      { engine, names, call, caller: callerOf(call, query) },
      freshnessOf(call, query),
      read,
    );
  });
}

function queryByBodyRoute(engine: Engine, names: TenantNames): Route {
  const facts = {
    tag: "read",
    summary: "Nodes of a type by a filter of any form",
    query: identityParams,
    body: queryRequest,
    example: {
      type: "Person",
      filter: {
        or: [
          { field: "name", op: "in", values: ["Ada", "Bob"] },
          { field: "created_at", op: "gte", value: 1_700_000_000_000 },
        ],
      },
      order: ["name", "-created_at"],
      limit: 10,
    },
    answers: { 200: nodePageAnswer },
  } as const;
  return postRoute("/v1/nodes/query", facts, ({ call, query, body }) => {
    const cursor =
      body.cursor === undefined ? undefined : decodeToken(body.cursor, "INVALID_CURSOR", "cursor");
    const read = (registry: SchemaRegistry): QueryRequest => {
      const type = nodeTypeOf(registry, body, "");
      return {
        typeId: type.typeId,
        filter: body.filter === undefined ? undefined : filterOfJson(type, body.filter, "filter"),
        order: orderOf(type, body.order ?? []),
        ...windowOf(body, cursor),
      };
    };
    const caller = callerOf(call, query, body);
    return run({ engine, names, call, caller }, freshnessOf(call, {}, body), read);
  });
}

function countRoute(engine: Engine, names: TenantNames): Route {
  const facts = {
    tag: "read",
    summary: "How many nodes of a type match",
    query: { ...identityParams, ...freshnessParams, ...typeParams },
    fieldParams: filterParams,
    answers: { 200: countAnswer },
  } as const;
  return getRoute("/v1/nodes/count", facts, async ({ call, query, fields }): Promise<Answer> => {
    const caller = callerOf(call, query);
    const freshness = freshnessOf(call, query);
    const request = await names.resolve(caller, call.signal, freshness, (registry) => {
      const type = nodeTypeOf(registry, query, "");
      const includeDeleted = query.include_deleted ?? false;
      return { typeId: type.typeId, filter: filterOfParams(type, fields), includeDeleted };
    });
    const read = await engine.countNodes(caller, request, freshness, call.signal);
    return { text: stringifyJson({ count: read.count }), positionToken: read.positionToken };
  });
}

interface Window {
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
  readonly include_deleted?: boolean | undefined;
  readonly total_count?: boolean | undefined;
}

function windowOf(window: Window, cursor: Uint8Array | undefined) {
  return {
    pageSize: window.limit ?? 0,
    cursor,
    offset: window.offset ?? 0,
    includeDeleted: window.include_deleted ?? false,
    // A count looks at every match, so paging by cursor would pay for it on every page.
    withTotalCount: window.total_count ?? cursor === undefined,
  };
}

interface Querying {
  readonly engine: Engine;
  readonly names: TenantNames;
  readonly caller: Caller;
  readonly call: HttpCall;
}

async function run(
  { engine, names, caller, call }: Querying,
  freshness: Freshness,
  read: (registry: SchemaRegistry) => QueryRequest,
): Promise<Answer> {
  const request = await names.resolve(caller, call.signal, freshness, read);
  const page = await engine.queryNodes(caller, request, freshness, call.signal);
  const registry = await names.registry(caller, call.signal);
  return {
    text: pageText(registry, caller.tenantId, page, request.withTotalCount),
    positionToken: page.positionToken,
  };
}

function pageText(
  registry: SchemaRegistry,
  tenantId: string,
  page: Read<NodePage>,
  counted: boolean,
): string {
  return stringifyJson({
    nodes: page.nodes.map((node) => nodeToJson(registry, tenantId, node)),
    total_count: counted ? (page.totalCount ?? null) : undefined,
    total_count_absent_reason: counted ? page.totalCountAbsentReason : undefined,
    ...pageEnd(page),
  });
}
