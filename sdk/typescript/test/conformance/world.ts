/**
 * What one case runs in: a tenant of its own, its clients, the names that it gave to ids, cursors,
 * positions and keys, and which RPCs its clients were seen to send.
 */
import {
  type Client,
  type ClientTransport,
  createClient,
  defineEdge,
  defineNode,
  type EdgeType,
  type EventStore,
  type NodeType,
  type ReservedTypes,
  type TransportFactory,
  type TypeDefinition,
} from "@entdb/client";
import { type Door, doorOptions } from "../fixtures/doors.ts";
import { FlakyProxy } from "../fixtures/proxy.ts";
import { schemaOf } from "../fixtures/schema-json.ts";
import type { TestServer } from "../fixtures/server.ts";
import { type Case, loadSchema, type ServerName, type Step } from "./format.ts";
import type { Json, JsonObject } from "./json.ts";
import type { Names } from "./values.ts";

/** A client and the types that it was made with. */
export interface Party {
  readonly client: Client;
  readonly events: EventStore;
  readonly types: readonly TypeDefinition[];
  readonly reserved: ReservedTypes;
}

export interface Place {
  readonly servers: Readonly<Record<ServerName, TestServer>>;
  readonly tenantId: string;
  readonly door: Door;
  /** The event store of the case, instead of its clients' own. */
  readonly events?: EventStore;
  /** What the case can name without having saved it. */
  readonly given: Readonly<Record<string, string>>;
}

const UNKNOWN = 999_999;
const ID = /^(?:nd|ed|mi)_/;
const RETRY = { baseDelayMs: 5, maxDelayMs: 50 } as const;

export class World implements Names {
  readonly #case: Case;
  readonly #place: Place;
  readonly #parties = new Map<string, Party>();
  readonly #natives = new Map<string, unknown>();
  readonly #names = new Map<string, string>();
  /** What the plan that is being built creates. */
  #planned: ReadonlyMap<string, unknown> = new Map();
  readonly #proxy: FlakyProxy | undefined;
  /** Names of RPCs. */
  readonly sent = new Set<string>();

  constructor(running: Case, place: Place, proxy: FlakyProxy | undefined) {
    this.#case = running;
    this.#place = place;
    this.#proxy = proxy;
    for (const [name, native] of Object.entries(place.given)) this.save(name, native);
  }

  static async open(running: Case, place: Place): Promise<World> {
    const { grpcUrl, httpUrl } = place.servers[running.server];
    const target = place.door === "fetch" ? httpUrl : grpcUrl;
    const proxy = running.proxy ? await FlakyProxy.start(target) : undefined;
    return new World(running, place, proxy);
  }

  async close(): Promise<void> {
    for (const { client } of this.#parties.values()) client.close();
    await this.#proxy?.stop();
  }

  /** Who makes the step's call. */
  party(step: Step): Party {
    const party = this.#party((step["client"] as string | undefined) ?? "main");
    const actor = step["actor"] as string | undefined;
    if (actor === undefined) return party;
    const client = party.client.as({ actor });
    return { ...party, client, events: this.#place.events ?? client.events };
  }

  get isInMemory(): boolean {
    return this.#place.events !== undefined;
  }

  /** Has the next answers lost. Gives what says how many were. */
  dropAnswers(count: number): () => number {
    const proxy = this.#proxy;
    if (proxy === undefined) throw new Error("the case has no proxy");
    const before = proxy.troubles;
    proxy.next(...Array.from({ length: count }, () => "dropAnswer" as const));
    return () => proxy.troubles - before;
  }

  /** While a plan is built, what it creates stands for itself. */
  planning<T>(planned: ReadonlyMap<string, unknown>, build: () => T): T {
    this.#planned = planned;
    try {
      return build();
    } finally {
      this.#planned = new Map();
    }
  }

  save(name: string, native: unknown): void {
    this.#natives.set(`@${name}`, native);
    if (typeof native === "string" && ID.test(native)) this.#names.set(native, `@${name}`);
  }

  native(text: Json | undefined): unknown {
    if (typeof text !== "string") return text;
    if (!text.startsWith("@")) return text.replaceAll("{tenant}", this.#place.tenantId);
    const native = this.#planned.get(text) ?? this.#natives.get(text);
    if (native === undefined) throw new Error(`nothing was saved as ${text}`);
    return native;
  }

  nameOf(id: string | undefined): string | null {
    return id === undefined ? null : (this.#names.get(id) ?? id);
  }

  /** An expectation with the case's tenant in it. */
  filledIn(expected: Json): Json {
    const text = JSON.stringify(expected).replaceAll("{tenant}", this.#place.tenantId);
    return JSON.parse(text) as Json;
  }

  #party(name: string): Party {
    const known = this.#parties.get(name);
    if (known !== undefined) return known;
    const spec = this.#case.clients[name] ?? {};
    if (name !== "main" && this.#case.clients[name] === undefined) {
      throw new Error(`the case has no client ${name}`);
    }
    const { types, reserved } = schemaOf(loadSchema(spec.schema ?? this.#case.schema));
    const server = spec.server ?? this.#case.server;
    const options = doorOptions(this.#place.door, this.#place.servers[server]);
    const credential = this.native(spec.credential) as string | undefined;
    const client = createClient({
      ...options,
      ...(this.#proxy === undefined ? {} : { endpoint: this.#proxy.url }),
      transport: watched(options.transport, this.sent),
      tenantId: this.native(spec.tenant ?? "{tenant}") as string,
      actor: spec.actor ?? "user:alice",
      schema: types,
      reserved,
      retry: spec.retry === false ? { maxAttempts: 1 } : RETRY,
      ...(credential === undefined ? {} : { credential }),
    });
    const events = this.#place.events ?? client.events;
    const party = { client, events, types, reserved };
    this.#parties.set(name, party);
    return party;
  }
}

/** A type by its name. Of one that the client lacks a definition is made up, to be refused. */
export function nodeTypeOf(party: Party, name: Json | undefined): NodeType {
  const found = party.types.find((type) => type.definition === "node" && type.name === name);
  if (found?.definition === "node") return found;
  return defineNode({ typeId: UNKNOWN, name: name as string, fields: {} });
}

/** As {@link nodeTypeOf}. */
export function edgeTypeOf(party: Party, name: Json | undefined): EdgeType {
  const found = party.types.find((type) => type.definition === "edge" && type.name === name);
  if (found?.definition === "edge") return found;
  return defineEdge({ edgeTypeId: UNKNOWN, name: name as string });
}

/** Types and reserved numbers that a step names, or the client's own. */
export function schemaFor(party: Party, step: JsonObject): Pick<Party, "types" | "reserved"> {
  const name = step["schema"];
  return typeof name === "string" ? schemaOf(loadSchema(name)) : party;
}

/** A transport that notes which RPCs it sends. */
function watched(transport: TransportFactory, sent: Set<string>): TransportFactory {
  return (target): ClientTransport => {
    const inner = transport(target);
    return {
      connect: {
        unary: (method, ...rest) => {
          sent.add(method.name);
          return inner.connect.unary(method, ...rest);
        },
        stream: (method, ...rest) => {
          sent.add(method.name);
          return inner.connect.stream(method, ...rest);
        },
      },
      close: () => inner.close(),
    };
  };
}
