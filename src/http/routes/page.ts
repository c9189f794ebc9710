import type { JsonObject } from "../../base/json.ts";
import { limits } from "../../base/limits.ts";
import { flagParam, integerParam, tokenParam } from "../params.ts";
import { encodeToken } from "../reply.ts";

const cursor = tokenParam("INVALID_CURSOR", "next_cursor of the page before.");

/** What every page of a list takes in its query. */
export const pageParams = {
  limit: integerParam(1, limits.pageRowsMax, "At most so many. Default: 100."),
  cursor,
};

/** What every page of a search takes in its query, beside the words. */
export const searchPageParams = {
  prefix: flagParam("Whether the last word may be the beginning of one. Default: false."),
  limit: integerParam(
    1,
    limits.searchRowsMax,
    `At most so many. Default: ${limits.searchRowsDefault}.`,
  ),
  cursor,
};

/** What goes with every page's rows: the cursor of the next page, null after the last. */
export function pageEnd(page: {
  readonly nextCursor: Uint8Array | undefined;
  readonly hasMore: boolean;
}): JsonObject {
  return {
    next_cursor: page.nextCursor === undefined ? null : encodeToken(page.nextCursor),
    has_more: page.hasMore,
  };
}
