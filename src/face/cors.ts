import { ACTOR_HEADER, TENANT_HEADER } from "./claim.ts";
import { PACE_HEADERS } from "./pace.ts";
import { REQUEST_ID_HEADER } from "./request-id.ts";

/** What a face takes and gives besides the headers of every face. */
export interface CorsTerms {
  readonly methods: readonly string[];
  readonly requestHeaders: readonly string[];
  readonly answerHeaders: readonly string[];
}

const PREFLIGHT_SECONDS = 7_200;

/** What browsers must be told before a page of an allowed foreign origin may call, and read the answer. */
export class Cors {
  readonly #methods: string;
  readonly #requestHeaders: string;
  readonly #answerHeaders: string;

  constructor({ methods, requestHeaders, answerHeaders }: CorsTerms) {
    this.#methods = methods.join(", ");
    this.#requestHeaders = [
      ...requestHeaders,
      "authorization",
      TENANT_HEADER,
      ACTOR_HEADER,
      REQUEST_ID_HEADER,
    ].join(", ");
    this.#answerHeaders = [...answerHeaders, REQUEST_ID_HEADER, ...PACE_HEADERS].join(", ");
  }

  /** The headers of the answer to a browser that asks whether it may send a request. */
  preflightHeaders(origin: string): Record<string, string> {
    return {
      "access-control-allow-origin": origin,
      "access-control-allow-methods": this.#methods,
      "access-control-allow-headers": this.#requestHeaders,
      "access-control-max-age": String(PREFLIGHT_SECONDS),
      vary: "Origin",
    };
  }

  /** Adds what every answer to a page of another origin needs. */
  allow(headers: Headers, origin: string): void {
    headers.set("access-control-allow-origin", origin);
    headers.set("access-control-expose-headers", this.#answerHeaders);
    headers.append("vary", "Origin");
  }
}
