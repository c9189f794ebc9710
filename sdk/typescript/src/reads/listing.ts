/**
 * What comes in pages: items one after the other, pages, or one page at a time. Nothing is asked
 * for before it is wanted, and no more than is wanted.
 */
import { base64Decode, base64Encode } from "@bufbuild/protobuf/wire";
import { InvalidArgumentError } from "../errors/refusals.ts";
import { type PositionToken, tokenText } from "../values/positions.ts";

/** Where the next page begins: opaque text, bound to the question, the actor and the tenant. */
export type Cursor = string & { readonly "~cursor"?: never };

/** One page. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Hand it to `page` for what follows; undefined on the last page. */
  readonly nextCursor: Cursor | undefined;
  readonly hasMore: boolean;
  /** What the page was read at. */
  readonly position: PositionToken;
}

/** Which page is asked for, as requests carry it. */
export interface PageRequest {
  /** 0: as many as the server likes. */
  readonly pageSize: number;
  readonly cursor: Uint8Array<ArrayBuffer>;
}

/** Every listing's answer on the wire has these. */
interface PageAnswer {
  readonly nextCursor: Uint8Array;
  readonly hasMore: boolean;
  readonly positionToken?: Uint8Array;
}

/** How a listing is told to page. */
export interface PageOptions {
  /** Items of one page. Left out: what the server gives, which is 100 where nothing else is said. */
  readonly pageSize?: number;
}

/** Things that come in pages. Ask again and it begins anew. */
export class Listing<Item, P extends Page<Item> = Page<Item>> implements AsyncIterable<Item> {
  readonly #fetch: (request: PageRequest) => Promise<P>;
  readonly #pageSize: number;

  constructor(options: PageOptions, fetch: (request: PageRequest) => Promise<P>) {
    this.#pageSize = checkedPageSize(options.pageSize);
    this.#fetch = fetch;
  }

  /** One page: the first, or the one that a cursor leads to. */
  page(cursor?: Cursor): Promise<P> {
    return this.#fetch({ pageSize: this.#pageSize, cursor: cursorBytes(cursor) });
  }

  /** Page after page, from the first or from a cursor on. */
  async *pages(cursor?: Cursor): AsyncGenerator<P, void, void> {
    let next = cursor;
    for (;;) {
      const page = await this.page(next);
      yield page;
      if (page.nextCursor === undefined) return;
      next = page.nextCursor;
    }
  }

  /** Item after item, over all pages. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, void> {
    for await (const page of this.pages()) yield* page.items;
  }

  /** All items, or the first `limit`. */
  async toArray(limit = Number.POSITIVE_INFINITY): Promise<Item[]> {
    const items: Item[] = [];
    if (limit <= 0) return items;
    for await (const page of this.pages()) {
      items.push(...page.items);
      if (items.length >= limit) return items.slice(0, limit);
    }
    return items;
  }

  /** The first item; undefined when there is none. */
  async first(): Promise<Item | undefined> {
    const page = await this.#fetch({ pageSize: 1, cursor: cursorBytes(undefined) });
    return page.items[0];
  }
}

/** What every page says besides its items. */
export function pageOf<Item>(items: readonly Item[], answer: PageAnswer): Page<Item> {
  const { nextCursor, hasMore, positionToken } = answer;
  return {
    items,
    nextCursor: hasMore && nextCursor.length > 0 ? base64Encode(nextCursor) : undefined,
    hasMore,
    position: tokenText(positionToken ?? new Uint8Array(0)),
  };
}

function checkedPageSize(pageSize = 0): number {
  if (Number.isInteger(pageSize) && pageSize >= 0 && pageSize < 2 ** 31) return pageSize;
  throw new InvalidArgumentError({
    reason: "INVALID_REQUEST",
    message: `The page size is ${pageSize}.`,
    hint: "Give a whole number of items, or none.",
  });
}

function cursorBytes(cursor: Cursor | undefined): Uint8Array<ArrayBuffer> {
  if (cursor === undefined) return new Uint8Array(0);
  try {
    return Uint8Array.from(base64Decode(cursor));
  } catch (cause) {
    throw badCursor(cause);
  }
}

function badCursor(cause: unknown): InvalidArgumentError {
  return new InvalidArgumentError({
    reason: "INVALID_CURSOR",
    message: "The cursor is not one that a page gave.",
    hint: "Hand cursors back exactly as they came, to the same listing.",
    cause,
  });
}
