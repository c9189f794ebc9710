import { invalid } from "../base/errors.ts";
import type { Freshness } from "../engine/reading.ts";
import type { HttpCall } from "./call.ts";
import { choiceParam, decodeToken, tokenParam } from "./params.ts";
import { POSITION_HEADER } from "./reply.ts";

/** Whatever has been applied. */
export const ANY: Freshness = { atLeast: undefined, strong: false };

/** What every read takes in its query. */
export const freshnessParams = {
  at_least: tokenParam(
    "INVALID_POSITION",
    "Position token of an earlier answer (also as header X-EntDB-Position): the read fails rather than answer older than it.",
  ),
  consistency: choiceParam(
    ["strong"],
    "strong: everything that was durable before the read began.",
  ),
};

export interface FreshnessWish {
  readonly at_least?: Uint8Array | string | undefined;
  readonly consistency?: "strong" | undefined;
}

/** How fresh the read must be, from query, body and the header X-EntDB-Position. Throws INVALID_POSITION, INVALID_REQUEST. */
export function freshnessOf(call: HttpCall, query: FreshnessWish, body?: FreshnessWish): Freshness {
  const strong = query.consistency === "strong" || body?.consistency === "strong";
  const header = call.header(POSITION_HEADER);
  const inBody = body?.at_least;
  if (!header && !query.at_least && !inBody) return strong ? { atLeast: undefined, strong } : ANY;
  const tokens = [header, query.at_least, inBody].filter((token) => token).map(bytesOf);
  const [atLeast] = tokens;
  if (tokens.some((token) => Buffer.compare(token, atLeast as Uint8Array) !== 0)) {
    throw invalid(
      "INVALID_REQUEST",
      "The request names different positions in its header, query or body.",
      "Name the newest one, once.",
    );
  }
  return { atLeast, strong };
}

function bytesOf(token: Uint8Array | string | null | undefined): Uint8Array {
  return token instanceof Uint8Array
    ? token
    : decodeToken(token ?? "", "INVALID_POSITION", "at_least");
}
