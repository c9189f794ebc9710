/**
 * Clients of the faces as stock tools make them: REST with fetch, gRPC, Connect and gRPC-Web
 * with connect-es over the generated descriptors. For black-box tests only.
 */
import type { ConnectionOptions } from "node:tls";
import { type Client, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { EntDBService } from "../../gen/entdb/v1/entdb_service_pb.ts";

export type Rpc = Client<typeof EntDBService>;

export const PROTOCOLS = ["grpc", "connect", "connect-json", "grpc-web"] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** A client of one protocol at an address. `httpVersion` 2 is plain text HTTP/2 (h2c). */
export function rpcClient(
  protocol: Protocol,
  baseUrl: string,
  httpVersion: "1.1" | "2" = protocol === "grpc" ? "2" : "1.1",
  nodeOptions: ConnectionOptions = {},
): Rpc {
  return createClient(EntDBService, transportOf(protocol, baseUrl, httpVersion, nodeOptions));
}

export function transportOf(
  protocol: Protocol,
  baseUrl: string,
  httpVersion: "1.1" | "2",
  /** What is trusted and shown at an https address. */
  nodeOptions: ConnectionOptions = {},
): Transport {
  switch (protocol) {
    case "grpc":
      return createGrpcTransport({ baseUrl, nodeOptions });
    case "grpc-web":
      return createGrpcWebTransport({ baseUrl, httpVersion, nodeOptions });
    case "connect":
      return createConnectTransport({ baseUrl, httpVersion, useBinaryFormat: true, nodeOptions });
    case "connect-json":
      return createConnectTransport({ baseUrl, httpVersion, useBinaryFormat: false, nodeOptions });
  }
}

/** An answer of REST, its body parsed. */
export interface RestAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of a body, it says there
  readonly body: any;
}

/** REST as one tenant and actor. */
export class Rest {
  readonly #url: string;
  readonly #tenantId: string;
  readonly #actor: string;

  constructor(url: string, tenantId = "acme", actor = "user:ada") {
    this.#url = url;
    this.#tenantId = tenantId;
    this.#actor = actor;
  }

  get(path: string): Promise<RestAnswer> {
    return this.#send("GET", path, undefined);
  }

  post(path: string, body: unknown): Promise<RestAnswer> {
    return this.#send("POST", path, JSON.stringify(body));
  }

  /** A transaction under an idempotency key. */
  atomic(key: string, operations: readonly object[]): Promise<RestAnswer> {
    return this.post("/v1/atomic", { idempotency_key: key, operations });
  }

  async #send(method: string, path: string, body: string | undefined): Promise<RestAnswer> {
    const headers: Record<string, string> = {
      "x-tenant-id": this.#tenantId,
      "x-actor": this.#actor,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    const init = body === undefined ? { method, headers } : { method, headers, body };
    const response = await fetch(`${this.#url}${path}`, init);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: parse(text) };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A small social graph: people with a unique mail address, and who follows whom. */
export const PEOPLE_SCHEMA = {
  node_types: [
    {
      type_id: 1,
      name: "Person",
      fields: [
        { field_id: 1, name: "name", kind: "str", required: true },
        { field_id: 2, name: "mail", kind: "str", unique: true },
        { field_id: 3, name: "points", kind: "int" },
      ],
    },
  ],
  edge_types: [{ edge_type_id: 100, name: "follows", from_type_id: 1, to_type_id: 1 }],
};

/** Two people and an edge between them. */
export function couple(name: string): object[] {
  return [
    { op: "create_node", alias: "a", type_id: 1, payload: { name: `${name} a`, points: 1 } },
    { op: "create_node", alias: "b", type_id: 1, payload: { name: `${name} b`, points: 2 } },
    { op: "create_edge", edge_type_id: 100, from: "$a.id", to: "$b.id" },
  ];
}
