import type { JsonObject } from "../../base/json.ts";
import type { AdministrationPage, Page } from "../../engine/administration.ts";
import { encodeToken } from "../reply.ts";

/** A page as the query asks for it. */
export function pageOf(query: {
  readonly limit: number | undefined;
  readonly cursor: Uint8Array | undefined;
}): AdministrationPage {
  return { pageSize: query.limit ?? 0, cursor: query.cursor };
}

/** What goes with every page's rows. */
export function pageEnd({ hasMore, nextCursor }: Page<unknown>): JsonObject {
  const next = nextCursor === undefined ? {} : { next_cursor: encodeToken(nextCursor) };
  return { has_more: hasMore, ...next };
}
