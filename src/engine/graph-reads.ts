/**
 * Reads of nodes and edges: each with the view as fresh as asked for, each as its viewer sees
 * it. Look-ups and short walks run in the request's own turn, the rest in a read worker.
 */
import type { CancelSignal } from "../base/cancel-signal.ts";
import type { Caller } from "../record/caller.ts";
import { listEdgesAtOnce } from "../store/reader/edge-list.ts";
import type { ReadWorkers } from "../store/reader/read-workers.ts";
import type { TenantStore } from "../store/tenant-store.ts";
import { prepareEdges, prepareWalk } from "./edge-reads.ts";
import type {
  ConnectedPage,
  ConnectedRequest,
  CountRequest,
  EdgePage,
  EdgesRequest,
  NodeByKeyRequest,
  NodePage,
  NodeRequest,
  NodesRequest,
  QueryRequest,
  SearchPage,
  SearchRequest,
} from "./engine.ts";
import type { FreshReads } from "./fresh-reads.ts";
import { countNodes, queryNodes } from "./node-queries.ts";
import { getNode, getNodeByKey, getNodes, listGrants, type NodeGrants } from "./node-reads.ts";
import { searchNodes } from "./node-search.ts";
import type { Freshness, Read } from "./reading.ts";
import type { TenantSchemas } from "./tenant-schemas.ts";
import type { Viewers } from "./viewers.ts";

export interface GraphReadsDeps {
  readonly reads: FreshReads;
  readonly viewers: Viewers;
  readonly schemas: TenantSchemas;
  readonly workers: ReadWorkers;
  /** Rows that one query may look at. */
  readonly scanRows: number;
  /** Edges that one list or walk may look at. */
  readonly walkEdges: number;
  /** Steps that one walk may take. */
  readonly walkDepth: number;
}

/** The methods of the same names of `Engine`. */
export class GraphReads {
  readonly #deps: GraphReadsDeps;

  constructor(deps: GraphReadsDeps) {
    this.#deps = deps;
  }

  getNode(caller: Caller, request: NodeRequest, freshness: Freshness, signal: CancelSignal) {
    return this.#deps.reads.read(caller, freshness, signal, (store) => ({
      node: getNode(store.reads, this.#deps.viewers.of(store, caller), request),
    }));
  }

  getNodes(caller: Caller, request: NodesRequest, freshness: Freshness, signal: CancelSignal) {
    return this.#deps.reads.read(caller, freshness, signal, (store) =>
      store.snapshot((reads) => getNodes(reads, this.#deps.viewers.of(store, caller), request)),
    );
  }

  getNodeByKey(
    caller: Caller,
    request: NodeByKeyRequest,
    freshness: Freshness,
    signal: CancelSignal,
  ) {
    return this.#deps.reads.read(caller, freshness, signal, (store) => {
      const registry = this.#deps.schemas.of(store);
      const viewer = this.#deps.viewers.of(store, caller);
      return { node: store.snapshot((reads) => getNodeByKey(reads, viewer, registry, request)) };
    });
  }

  queryNodes(
    caller: Caller,
    request: QueryRequest,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<NodePage>> {
    return this.#deps.reads.read(caller, freshness, signal, (store) =>
      queryNodes(this.#queryRead(caller, store, signal), request),
    );
  }

  countNodes(
    caller: Caller,
    request: CountRequest,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<{ count: number }>> {
    return this.#deps.reads.read(caller, freshness, signal, async (store) => ({
      count: await countNodes(this.#queryRead(caller, store, signal), request),
    }));
  }

  listEdges(
    caller: Caller,
    request: EdgesRequest,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<EdgePage>> {
    const { workers, walkEdges } = this.#deps;
    return this.#deps.reads.read(caller, freshness, signal, async (store) => {
      const viewer = this.#deps.viewers.of(store, caller);
      const { prepared, found } = store.snapshot((reads) => {
        const edges = prepareEdges(reads, caller, viewer, request, walkEdges);
        return { prepared: edges, found: listEdgesAtOnce(reads, edges.list) };
      });
      const { list } = prepared;
      return prepared.toPage(
        found ?? (await workers.run(store.readFile, { kind: "edges", list }, signal)),
      );
    });
  }

  listConnected(
    caller: Caller,
    request: ConnectedRequest,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<ConnectedPage>> {
    const { workers, walkDepth: depthMax, walkEdges: edgesMax } = this.#deps;
    return this.#deps.reads.read(caller, freshness, signal, async (store) => {
      const viewer = this.#deps.viewers.of(store, caller);
      const bounds = { depthMax, edgesMax };
      const prepared = store.snapshot((reads) =>
        prepareWalk(reads, caller, viewer, request, bounds),
      );
      const { walk } = prepared;
      return prepared.toPage(await workers.run(store.readFile, { kind: "walk", walk }, signal));
    });
  }

  searchNodes(
    caller: Caller,
    request: SearchRequest,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<SearchPage>> {
    return this.#deps.reads.read(caller, freshness, signal, (store) =>
      searchNodes(this.#queryRead(caller, store, signal), request),
    );
  }

  listGrants(
    caller: Caller,
    nodeId: string,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<NodeGrants>> {
    return this.#deps.reads.read(caller, freshness, signal, (store) =>
      store.snapshot((reads) => listGrants(reads, this.#deps.viewers.of(store, caller), nodeId)),
    );
  }

  #queryRead(caller: Caller, store: TenantStore, signal: CancelSignal) {
    const { workers, scanRows } = this.#deps;
    const viewer = this.#deps.viewers.of(store, caller);
    return {
      caller,
      viewer,
      store,
      registry: this.#deps.schemas.of(store),
      workers,
      scanRows,
      signal,
    };
  }
}
