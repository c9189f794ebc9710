import { type EntError, invalid } from "../base/errors.ts";
import { limitDetails, limits } from "../base/limits.ts";
import { decodeCursor, encodeCursor } from "../query/cursor.ts";
import { searchListing } from "../query/listing.ts";
import type { SchemaRegistry } from "../schema/registry.ts";
import type { Value } from "../schema/value.ts";
import { parseSearch } from "../store/fts-query.ts";
import type { FoundNode, SearchPlace } from "../store/reader/search-nodes.ts";
import type { SearchPage, SearchRequest } from "./engine.ts";
import type { Scan } from "./scan.ts";

/**
 * A page of a search, best match first. Scores shift as nodes come and go, so a page that
 * follows another after a while may show a hit again or miss one; nothing else can be had of a
 * rank. Throws SEARCH_INVALID, TYPE_UNKNOWN, FIELD_UNKNOWN, INVALID_CURSOR, LIMIT_EXCEEDED.
 */
export async function searchNodes(scan: Scan, request: SearchRequest): Promise<SearchPage> {
  const rows = searchRows(request.pageSize);
  const { match } = parseSearch(request.query, { prefix: request.prefix });
  checkScope(scan.registry, request);
  const { typeIds, fieldIds } = request;
  const scope = { ...scan.caller, listing: searchListing(match, typeIds, fieldIds) };
  const after = request.cursor && placeOf(decodeCursor(request.cursor, scope));
  const found = await scan.workers.run(
    scan.store.readFile,
    {
      kind: "search",
      search: {
        match,
        typeIds,
        fieldIds,
        viewer: scan.viewer,
        after,
        limit: rows + 1,
        scanRows: scan.scanRows,
      },
    },
    scan.signal,
  );
  const hits = found.slice(0, rows);
  const hasMore = found.length > rows;
  const last = hits.at(-1);
  return {
    hits,
    hasMore,
    nextCursor: hasMore && last !== undefined ? encodeCursor(scope, valuesOf(last)) : undefined,
  };
}

/** How many hits a page has: default and limit of searches. Throws LIMIT_EXCEEDED. */
export function searchRows(pageSize: number): number {
  if (pageSize === 0) return limits.searchRowsDefault;
  const most = limits.searchRowsMax;
  if (Number.isInteger(pageSize) && pageSize > 0 && pageSize <= most) return pageSize;
  throw invalid(
    "LIMIT_EXCEEDED",
    `A page of ${pageSize} hits is not allowed.`,
    `Ask for 1 to ${most} at a time, and go on with the cursor.`,
    limitDetails("searchRowsMax"),
  );
}

/** What is named must be searchable: a search in nothing would look like one without a hit. */
function checkScope(registry: SchemaRegistry, { typeIds, fieldIds }: SearchRequest): void {
  if (typeIds.length > limits.searchTypes) {
    throw invalid(
      "LIMIT_EXCEEDED",
      `The search names ${typeIds.length} types; at most ${limits.searchTypes} are allowed.`,
      "Name none to search in all.",
      limitDetails("searchTypes"),
    );
  }
  if (fieldIds.length > 0 && typeIds.length !== 1) {
    throw refused("Fields belong to one type.", "Name the one type whose fields are meant.");
  }
  for (const typeId of typeIds) {
    const type = registry.nodeType(typeId);
    const searchable = type.fields.filter((field) => field.searchable);
    if (searchable.length === 0) {
      throw refused(
        `Node type ${typeId} (${type.name}) has no searchable field.`,
        "Declare a field of kind str or list_str searchable.",
      );
    }
    for (const fieldId of fieldIds) {
      const field = type.table.get(fieldId);
      if (field.searchable) continue;
      throw refused(
        `Field ${fieldId} (${field.name}) of node type ${typeId} is not searchable.`,
        `Searchable are ${searchable.map(({ name }) => name).join(", ")}.`,
      );
    }
  }
}

function refused(message: string, hint: string): EntError {
  return invalid("SEARCH_INVALID", message, hint);
}

function valuesOf({ score, node }: FoundNode): Value[] {
  return [
    { kind: "float", value: score },
    { kind: "ref", value: node.id },
  ];
}

function placeOf(place: readonly Value[]): SearchPlace | undefined {
  const [score, id] = place;
  if (score?.kind !== "float" || id?.kind !== "ref") return undefined;
  return { score: score.value, id: id.value };
}
