import { type Authenticator, trusting } from "../../src/access/authenticate.ts";
import type { Clock } from "../../src/base/clock.ts";
import { systemClock } from "../../src/base/clock.ts";
import { type JsonObject, type JsonValue, parseJson } from "../../src/base/json.ts";
import { stringifyJson } from "../../src/base/json-write.ts";
import { limits } from "../../src/base/limits.ts";
import { systemRandom } from "../../src/base/random.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { createHttpApp, type HttpApp, type HttpAppOptions } from "../../src/http/app.ts";
import type { FinishedRequest } from "../../src/http/calls.ts";
import { decodeSchema } from "../../src/schema/schema-json.ts";
import { scriptedEngine } from "./scripted-engine.ts";

/** What a test saw of the app's meter and log. */
export interface SeenByApp {
  readonly finished: FinishedRequest[];
  readonly faults: {
    readonly requestId: string;
    readonly route: string;
    readonly cause: unknown;
  }[];
  started: number;
  readonly rpc: string[];
}

export interface RestAppOptions {
  /** A real engine, instead of one that answers as the test says. */
  readonly behind?: Engine;
  readonly engine?: Partial<Engine>;
  readonly options?: Partial<HttpAppOptions>;
  readonly clock?: Clock;
  /** Defaults to trusting whoever asks. */
  readonly authenticator?: Authenticator;
  readonly ready?: () => boolean;
  readonly metricsText?: (() => Promise<string>) | undefined;
  readonly connectFetch?: (request: Request) => Promise<Response | undefined>;
}

export interface RestAppAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Undefined when the text is no JSON object. */
  readonly json: JsonObject;
  /** Of an error's envelope; empty when there is none. */
  readonly reason: string;
}

/** The REST face over an engine that answers as a test says, called in process. */
export class RestApp {
  readonly app: HttpApp;
  readonly seen: SeenByApp = { finished: [], faults: [], started: 0, rpc: [] };

  constructor({
    behind,
    engine,
    options,
    clock = systemClock,
    authenticator = trusting,
    ...rest
  }: RestAppOptions = {}) {
    const { seen } = this;
    this.app = createHttpApp({
      engine: behind ?? scriptedEngine(engine),
      connectFetch: async (request) => {
        seen.rpc.push(new URL(request.url).pathname);
        return undefined;
      },
      meter: {
        requestStarted: () => {
          seen.started += 1;
        },
        requestFinished: (request) => seen.finished.push(request),
      },
      log: { fault: (facts) => seen.faults.push(facts) },
      metricsText: undefined,
      ...rest,
      options: {
        ...limits,
        trusted: true,
        allowedHosts: [],
        allowedOrigins: [],
        random: systemRandom,
        authenticator,
        clock,
        ...options,
      },
    });
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<RestAppAnswer> {
    return this.send("GET", path, headers);
  }

  /** Text goes as it stands, anything else as JSON. */
  post(
    path: string,
    body: JsonValue,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<RestAppAnswer> {
    const text = typeof body === "string" ? body : stringifyJson(body);
    return this.send("POST", path, { "content-type": "application/json", ...headers }, text);
  }

  atomic(...operations: readonly JsonValue[]): Promise<RestAppAnswer> {
    return this.post("/v1/atomic", { operations });
  }

  /** As one actor of one tenant unless the headers say otherwise; an empty value leaves a header out. */
  async send(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>> = {},
    body?: Bun.BodyInit,
  ): Promise<RestAppAnswer> {
    const all = { host: "localhost", "x-tenant-id": "acme", "x-actor": "user:ada", ...headers };
    const given = Object.entries(all).filter(([, value]) => value !== "");
    const init: RequestInit = { method, headers: given };
    if (body !== undefined) init.body = body;
    const response = await this.app.fetch(new Request(`http://localhost${path}`, init));
    return answerOf(response);
  }
}

async function answerOf(response: Response): Promise<RestAppAnswer> {
  const text = await response.text();
  const isJson = response.headers.get("content-type") === "application/json";
  const json = (isJson ? parseJson(text) : {}) as JsonObject;
  const error = (json["error"] ?? {}) as JsonObject;
  const reason = typeof error["reason"] === "string" ? error["reason"] : "";
  return { status: response.status, headers: response.headers, text, json, reason };
}

/** A tenant's schema as the engine gives it, from its JSON form. */
export function schemaOf(form: JsonValue, token = new Uint8Array(0)) {
  const schema = decodeSchema(form);
  const facts = { fingerprint: "sha256:test", locked: false, build: undefined };
  const read = { schema, ...facts, positionToken: token };
  return async () => read;
}
