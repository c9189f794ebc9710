/** Ids of calls and keys of writes: random for the client, counted within it. */
import { randomText } from "../values/random.ts";

/** Names each try of each call, in errors and in the server's log. */
export class RequestIds {
  readonly #prefix = `${randomText()}-`;
  #count = 0;

  next(): string {
    this.#count += 1;
    return this.#prefix + this.#count.toString(36);
  }
}

/** A key that no other write has. */
export function newIdempotencyKey(): string {
  return randomText();
}
