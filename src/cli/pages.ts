import { type JsonObject, objectsIn } from "../base/json.ts";
import type { QueryParameters, RestClient } from "./rest-client.ts";

/** The largest page that a server gives. */
const PAGE_ROWS = 1_000;

export interface Listed {
  readonly rows: readonly JsonObject[];
  /** Whether there are more than were asked for. */
  readonly hasMore: boolean;
}

/** At most `limit` rows of a list, from as many pages as they take. `name` is the member that holds a page's rows. */
export async function readPages(
  client: RestClient,
  path: string,
  query: QueryParameters,
  name: string,
  limit: number,
): Promise<Listed> {
  const rows: JsonObject[] = [];
  let cursor: string | undefined;
  for (;;) {
    const count = Math.min(PAGE_ROWS, limit - rows.length);
    const page = await client.get(path, [
      ...query,
      ["limit", String(count)],
      ...(cursor === undefined ? [] : [["cursor", cursor] as const]),
    ]);
    rows.push(...objectsIn(page[name]));
    const next = page["next_cursor"];
    cursor = typeof next === "string" ? next : undefined;
    if (cursor === undefined) return { rows, hasMore: false };
    if (rows.length >= limit) return { rows, hasMore: true };
  }
}
