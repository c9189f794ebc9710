import { invalid } from "../../base/errors.ts";
import { stringifyJson } from "../../base/json-write.ts";
import type { Engine, SearchHit } from "../../engine/engine.ts";
import type { SchemaRegistry } from "../../schema/registry.ts";
import { nodeTypeOfText } from "../decode/types-by-name.ts";
import { nodeToJson } from "../encode/graph.ts";
import { freshnessOf, freshnessParams } from "../freshness.ts";
import { callerOf, identityParams } from "../identity.ts";
import { textParam } from "../params.ts";
import type { Answer } from "../reply.ts";
import { getRoute, type Route } from "../route.ts";
import { searchAnswer } from "../shapes/search.ts";
import type { TenantNames } from "../tenant-names.ts";
import { pageEnd, searchPageParams } from "./page.ts";

/** Full-text search over nodes. */
export function searchRoutes(engine: Engine, names: TenantNames): Route[] {
  const facts = {
    tag: "read",
    summary: "Nodes by the words in their searchable fields, best match first",
    query: {
      ...identityParams,
      ...freshnessParams,
      query: textParam("Words, all of which a node must hold. No character has a special meaning."),
      types: textParam("Numbers or names of node types, separated by commas. Absent: all."),
      fields: textParam("Names of fields of the one type, separated by commas. Absent: all."),
      ...searchPageParams,
    },
    answers: { 200: searchAnswer },
  } as const;
  return [
    getRoute("/v1/search", facts, async ({ call, query }): Promise<Answer> => {
      const caller = callerOf(call, query);
      const freshness = freshnessOf(call, query);
      const scope = await names.resolve(caller, call.signal, freshness, (registry) =>
        scopeOf(registry, query.types, query.fields),
      );
      const request = {
        ...scope,
        query: query.query ?? "",
        prefix: query.prefix ?? false,
        pageSize: query.limit ?? 0,
        cursor: query.cursor,
      };
      const page = await engine.searchNodes(caller, request, freshness, call.signal);
      const registry = await names.registry(caller, call.signal);
      const text = stringifyJson({
        results: page.hits.map((hit) => hitToJson(registry, caller.tenantId, hit)),
        ...pageEnd(page),
      });
      return { text, positionToken: page.positionToken };
    }),
  ];
}

function scopeOf(
  registry: SchemaRegistry,
  types: string | undefined,
  fields: string | undefined,
): { typeIds: number[]; fieldIds: number[] } {
  const named = (types?.split(",") ?? []).map((text) => nodeTypeOfText(registry, text));
  const [type] = named;
  const typeIds = named.map(({ typeId }) => typeId);
  if (fields === undefined) return { typeIds, fieldIds: [] };
  if (type === undefined || named.length > 1) {
    throw invalid(
      "SEARCH_INVALID",
      "fields belong to one type.",
      "Name the one type whose fields are meant as types.",
      { field: "fields" },
    );
  }
  return {
    typeIds,
    fieldIds: fields.split(",").map((name) => type.table.getByName(name).fieldId),
  };
}

function hitToJson(registry: SchemaRegistry, tenantId: string, hit: SearchHit) {
  const table = registry.findNodeType(hit.node.typeId)?.table;
  return {
    score: hit.score,
    node: nodeToJson(registry, tenantId, hit.node),
    highlights: hit.highlights.map(({ fieldId, text }) => ({
      field: table?.find(fieldId)?.name ?? String(fieldId),
      text,
    })),
  };
}
