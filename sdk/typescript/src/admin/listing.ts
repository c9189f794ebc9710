/** Listings of administration, which have no position: they are read from the server's own catalog. */
import type { CallOptions as StubOptions } from "@connectrpc/connect";
import type { CallOptions } from "../calls/caller.ts";
import type { Session } from "../client/session.ts";
import { Listing, type PageOptions, type PageRequest, pageOf } from "../reads/listing.ts";

/** What every such answer has. */
interface ListAnswer {
  readonly nextCursor: Uint8Array;
  readonly hasMore: boolean;
}

/** A listing, out of what asks for a page and what is taken from its answer. */
export function adminListing<Answer extends ListAnswer, Item>(
  session: Session,
  options: CallOptions & PageOptions,
  send: (page: PageRequest, stub: StubOptions) => Promise<Answer>,
  itemsOf: (answer: Answer) => readonly Item[],
): Listing<Item> {
  return new Listing(options, async (page) => {
    const answer = await session.caller.call((stub) => send(page, stub), "safe", options);
    return pageOf(itemsOf(answer), answer);
  });
}
