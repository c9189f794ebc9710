import type { Random } from "../base/random.ts";

/** The header that carries it, both ways. */
export const REQUEST_ID_HEADER = "x-request-id";

/** Tight, because the id is echoed into headers and logs. */
const GRAMMAR = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * Gives every request an id: the client's own where it is of the grammar, one of ours
 * otherwise. Ours are a random part for the process and a counter, which is unique and
 * costs nothing; nobody may read more into an id than equality.
 */
export class RequestIds {
  readonly #prefix: string;
  #count = 0;

  constructor(random: Random) {
    this.#prefix = `${Buffer.from(random.bytes(10)).toString("hex")}-`;
  }

  of(proposed: string | null | undefined): string {
    if (typeof proposed === "string" && GRAMMAR.test(proposed)) return proposed;
    this.#count += 1;
    return this.#prefix + this.#count.toString(36);
  }
}
