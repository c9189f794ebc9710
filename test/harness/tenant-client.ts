import type { JsonValue } from "../../src/base/json.ts";
import type {
  ConnectedRequest,
  CountRequest,
  EdgesRequest,
  Engine,
  NodeByKeyRequest,
  QueryRequest,
  RequestedOperation,
  TransactionReceipt,
  WaitMode,
} from "../../src/engine/engine.ts";
import type { Freshness } from "../../src/engine/reading.ts";
import type { Caller } from "../../src/record/caller.ts";
import type { Edge, Node } from "../../src/record/graph.ts";
import type { SchemaMode } from "../../src/record/transaction.ts";
import { decodeSchema } from "../../src/schema/schema-json.ts";
import type { Schema } from "../../src/schema/types.ts";

export interface ExecuteOptions {
  readonly key?: string;
  readonly wait?: WaitMode;
  readonly fingerprint?: string;
  readonly schema?: Schema;
  readonly signal?: AbortSignal;
}

/** How fresh a read must be, and how long it may take. */
export interface ReadOptions {
  readonly atLeast?: Uint8Array;
  readonly strong?: boolean;
  readonly signal?: AbortSignal;
}

const never = new AbortController().signal;

/** One actor of one tenant, asking the engine in few words. Survives restarts of what it asks. */
export class TenantClient {
  readonly caller: Caller;
  readonly #engine: () => Engine;

  constructor(engine: () => Engine, caller: Caller) {
    this.#engine = engine;
    this.caller = caller;
  }

  get engine(): Engine {
    return this.#engine();
  }

  execute(
    operations: readonly RequestedOperation[],
    options: ExecuteOptions = {},
  ): Promise<TransactionReceipt> {
    const { key, wait, fingerprint, schema, signal } = options;
    const request = {
      idempotencyKey: key ?? "",
      operations,
      wait: wait ?? ("applied" as const),
      schemaFingerprint: fingerprint ?? "",
      schema,
    };
    return this.engine.execute(this.caller, request, signal ?? never);
  }

  /** One operation; its result. */
  async one(operation: RequestedOperation, options: ExecuteOptions = {}) {
    const { results } = await this.execute([operation], options);
    const [result] = results;
    if (result === undefined || results.length !== 1) throw new Error("one operation, one result");
    return result;
  }

  /** Creates a node or edge; its id. */
  async make(operation: RequestedOperation): Promise<string> {
    const { nodeId, edgeId } = await this.one(operation);
    return nodeId || edgeId;
  }

  register(form: JsonValue, key = "", mode: SchemaMode = "merge") {
    const request = { idempotencyKey: key, schema: decodeSchema(form), mode };
    return this.engine.registerSchema(this.caller, request, never);
  }

  async schema(options: ReadOptions = {}) {
    return await this.engine.getSchema(this.caller, ...how(options));
  }

  receipt(key: string, options: ReadOptions = {}) {
    return this.engine.getReceipt(this.caller, key, ...how(options));
  }

  async node(
    id: string,
    options: ReadOptions & { readonly deleted?: boolean } = {},
  ): Promise<Node> {
    const request = { id, includeDeleted: options.deleted ?? false };
    return (await this.engine.getNode(this.caller, request, ...how(options))).node;
  }

  nodes(ids: readonly string[], options: ReadOptions & { readonly deleted?: boolean } = {}) {
    const request = { ids, includeDeleted: options.deleted ?? false };
    return this.engine.getNodes(this.caller, request, ...how(options));
  }

  async byKey(request: NodeByKeyRequest, options: ReadOptions = {}): Promise<Node> {
    return (await this.engine.getNodeByKey(this.caller, request, ...how(options))).node;
  }

  edges(request: Partial<EdgesRequest> & { readonly nodeId: string }, options: ReadOptions = {}) {
    const whole = {
      direction: "out",
      edgeTypeId: 0,
      withNodes: false,
      ...PAGE,
      ...request,
    } as const;
    return this.engine.listEdges(this.caller, whole, ...how(options));
  }

  /** Every edge that leaves the node, page by page. */
  async allEdges(request: Partial<EdgesRequest> & { readonly nodeId: string }): Promise<Edge[]> {
    const all: Edge[] = [];
    let cursor: Uint8Array | undefined;
    do {
      const page = await this.edges({ ...request, cursor });
      all.push(...page.edges);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return all;
  }

  connected(
    request: Partial<ConnectedRequest> & { readonly nodeId: string; readonly edgeTypeId: number },
    options: ReadOptions = {},
  ) {
    const whole = { direction: "out", depth: 1, ...PAGE, ...request } as const;
    return this.engine.listConnected(this.caller, whole, ...how(options));
  }

  query(request: Partial<QueryRequest> & { readonly typeId: number }, options: ReadOptions = {}) {
    const whole: QueryRequest = { ...EVERYTHING, ...PAGE, ...request };
    return this.engine.queryNodes(this.caller, whole, ...how(options));
  }

  /** Every row of a query, in pages of this size. */
  async queryAll(
    request: Partial<QueryRequest> & { readonly typeId: number },
    pageSize = 1_000,
  ): Promise<Node[]> {
    const all: Node[] = [];
    let cursor: Uint8Array | undefined;
    do {
      const page = await this.query({ ...request, pageSize, cursor });
      all.push(...page.nodes);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return all;
  }

  async count(
    request: Partial<CountRequest> & { readonly typeId: number },
    options: ReadOptions = {},
  ) {
    const whole = { filter: undefined, includeDeleted: false, ...request };
    return (await this.engine.countNodes(this.caller, whole, ...how(options))).count;
  }
}

const PAGE = { pageSize: 0, cursor: undefined };
const EVERYTHING = {
  filter: undefined,
  order: [],
  includeDeleted: false,
  withTotalCount: false,
  offset: 0,
};

function how({ atLeast, strong, signal }: ReadOptions): [Freshness, AbortSignal] {
  return [{ atLeast, strong: strong ?? false }, signal ?? never];
}
