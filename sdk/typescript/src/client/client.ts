/**
 * The client: one object for everything that is done with one server. It opens connections
 * when they are needed, and is meant to live as long as the program.
 */
// `using client`, also for programs whose own libraries lack it.
/// <reference lib="esnext.disposable" preserve="true" />
import { createClient as createStub } from "@connectrpc/connect";
import { ApiKeys, Audit } from "../admin/keys.ts";
import { Groups, Members, Roles } from "../admin/members.ts";
import { Tenants } from "../admin/tenants.ts";
import { Caller, type CallOptions } from "../calls/caller.ts";
import { Positions } from "../calls/positions.ts";
import { RequestIds } from "../calls/request-ids.ts";
import { Retries } from "../calls/retry.ts";
import { ClientEventStore } from "../events/client-event-store.ts";
import { EntDBService } from "../gen/entdb/v1/entdb_service_pb.ts";
import { EventStoreService } from "../gen/entdb/v1/events_pb.ts";
import { TenantService } from "../gen/entdb/v1/tenant_service_pb.ts";
import { Mailbox } from "../mailbox/mailbox.ts";
import { type AtomicOptions, type AtomicResult, atomic } from "../plan/atomic.ts";
import type { Plan } from "../plan/plan.ts";
import { getReceipt, type Receipt } from "../plan/receipt.ts";
import {
  type ConnectedNode,
  type ConnectedOptions,
  type EdgeDirection,
  type EdgeListOptions,
  type FarNode,
  type ListedEdge,
  listConnected,
  listEdges,
} from "../reads/edges.ts";
import { listGrants, type NodeGrants } from "../reads/grants.ts";
import type { Listing } from "../reads/listing.ts";
import type { Node } from "../reads/node.ts";
import {
  type GetOptions,
  getNode,
  getNodeByKey,
  getNodes,
  type ManyNodes,
} from "../reads/nodes.ts";
import {
  type CountOptions,
  countNodes,
  type QueryOptions,
  type QueryPage,
  queryNodes,
} from "../reads/query.ts";
import { type SearchHit, type SearchOptions, searchNodes } from "../reads/search.ts";
import type { EdgeType, NodeType, TypeDefinition } from "../schema/define.ts";
import type { LookupKey } from "../schema/infer.ts";
import { TenantSchema } from "../schema/tenant-schema.ts";
import { fetchTransport } from "../transport/fetch.ts";
import type { ClientTransport } from "../transport/transport.ts";
import { wellFormed } from "../transport/well-formed.ts";
import { checkedTimeout } from "../values/checked-number.ts";
import type { NodeId } from "../values/ids.ts";
import { type PositionToken, tokenBytes, tokenText } from "../values/positions.ts";
import { Watch, type WatchOptions } from "../watch/watch.ts";
import { ClientSchema } from "./client-schema.ts";
import { getHealth, type Health } from "./health.ts";
import { type ClientOptions, checkedEndpoint } from "./options.ts";
import type { Identity, ReadOptions, Session } from "./session.ts";

const TIMEOUT_MS = 30_000;
const ATTEMPT_TIMEOUT_MS = 10_000;

/** Makes a client. Nothing is opened before its first call. Throws {@link EntDBError} for options that cannot be. */
export function createClient(options: ClientOptions): Client {
  const endpoint = checkedEndpoint(options.endpoint);
  const transport = (options.transport ?? fetchTransport())({ endpoint });
  const timeoutMs = checkedTimeout("timeoutMs", options.timeoutMs ?? TIMEOUT_MS);
  const attemptTimeoutMs = options.attemptTimeoutMs ?? ATTEMPT_TIMEOUT_MS;
  const connect = wellFormed(transport.connect);
  return new Client(transport, {
    rpc: createStub(EntDBService, connect),
    tenants: createStub(TenantService, connect),
    events: createStub(EventStoreService, connect),
    caller: new Caller({
      endpoint,
      credential: options.credential,
      timeoutMs,
      attemptTimeoutMs: checkedTimeout("attemptTimeoutMs", attemptTimeoutMs),
      retries: new Retries(options.retry ?? {}, Math.random),
      requestIds: new RequestIds(),
    }),
    identity: { tenantId: options.tenantId ?? "", actor: options.actor ?? "" },
    positions: new Positions(),
    schema: new ClientSchema(options.schema ?? [], options.reserved ?? {}),
    readYourWrites: options.readYourWrites ?? true,
  });
}

/** A client of one server, speaking for one tenant and actor. Made by {@link createClient}. */
export class Client {
  readonly #transport: ClientTransport;
  readonly #session: Session;

  constructor(transport: ClientTransport, session: Session) {
    this.#transport = transport;
    this.#session = session;
  }

  /** The same client for another tenant or actor: connections, retries and positions are shared. */
  as(identity: Partial<Identity>): Client {
    const merged = { ...this.#session.identity, ...identity };
    return new Client(this.#transport, { ...this.#session, identity: merged });
  }

  /**
   * Carries out a plan: all of it or nothing. What the function returns comes back with the
   * outcome of each operation in its place.
   */
  atomic<R>(build: (plan: Plan) => R, options: AtomicOptions = {}): Promise<AtomicResult<R>> {
    return atomic(this.#session, build, options);
  }

  /** The node of this id; undefined when there is none, or none that the actor may read. */
  get<T extends NodeType>(
    type: T,
    id: NodeId,
    options: GetOptions = {},
  ): Promise<Node<T> | undefined> {
    return getNode(this.#session, type, id, options);
  }

  /** Up to 1,000 nodes by id. */
  getMany<T extends NodeType>(
    type: T,
    ids: readonly NodeId[],
    options: GetOptions = {},
  ): Promise<ManyNodes<T>> {
    return getNodes(this.#session, type, ids, options);
  }

  /** The node that holds these values of a unique field or key; undefined when none does. */
  getByKey<T extends NodeType>(
    type: T,
    key: LookupKey<T>,
    options: ReadOptions = {},
  ): Promise<Node<T> | undefined> {
    return getNodeByKey(this.#session, type, key, options);
  }

  /** The nodes of a type that a filter lets through. Nothing is asked before it is iterated over. */
  query<T extends NodeType>(
    type: T,
    options: QueryOptions<T> = {},
  ): Listing<Node<T>, QueryPage<T>> {
    return queryNodes(this.#session, type, options);
  }

  /** How many nodes of a type a filter lets through. */
  count<T extends NodeType>(type: T, options: CountOptions<T> = {}): Promise<number> {
    return countNodes(this.#session, type, options);
  }

  /** The edges that leave a node. */
  edgesOut<T extends EdgeType = EdgeType, W extends boolean = false>(
    node: NodeId,
    options: EdgeListOptions<T, W> = {},
  ): Listing<ListedEdge<T, "out", W>> {
    return listEdges(this.#session, node, "out", options);
  }

  /** The edges that enter a node. */
  edgesIn<T extends EdgeType = EdgeType, W extends boolean = false>(
    node: NodeId,
    options: EdgeListOptions<T, W> = {},
  ): Listing<ListedEdge<T, "in", W>> {
    return listEdges(this.#session, node, "in", options);
  }

  /** The nodes that are reached over an edge type, each once, the nearest first. */
  connected<T extends EdgeType, D extends EdgeDirection = "out">(
    node: NodeId,
    type: T,
    options: ConnectedOptions<D> = {},
  ): Listing<ConnectedNode<FarNode<T, D>>> {
    return listConnected(this.#session, node, type, options);
  }

  /** Nodes that hold all of these words, the best first. */
  search<T extends NodeType = NodeType>(
    query: string,
    options: SearchOptions<T> = {},
  ): Listing<SearchHit<T>> {
    return searchNodes(this.#session, query, options);
  }

  /** What changes, as it happens. */
  watch<T extends TypeDefinition = TypeDefinition>(options: WatchOptions<T> = {}): Watch<T> {
    return new Watch(this.#session, options);
  }

  /** Who may do what with a node. For whoever may administer it. */
  grants(node: NodeId, options: ReadOptions = {}): Promise<NodeGrants> {
    return listGrants(this.#session, node, options);
  }

  /** What became of the transaction with this idempotency key. */
  receipt(idempotencyKey: string, options: ReadOptions = {}): Promise<Receipt> {
    return getReceipt(this.#session, idempotencyKey, options);
  }

  /** Whether the server is well. */
  health(options: CallOptions = {}): Promise<Health> {
    return getHealth(this.#session, options);
  }

  /** Events of the tenant, and the aggregates that they belong to. */
  get events(): ClientEventStore {
    return new ClientEventStore(this.#session);
  }

  /** Mailboxes of the tenant. */
  get mailbox(): Mailbox {
    return new Mailbox(this.#session);
  }

  /** The tenant's schema. */
  get schema(): TenantSchema {
    return new TenantSchema(this.#session);
  }

  /** Tenants of the server. */
  get tenants(): Tenants {
    return new Tenants(this.#session);
  }

  /** Members of the tenant. */
  get members(): Members {
    return new Members(this.#session);
  }

  /** Roles of the tenant. */
  get roles(): Roles {
    return new Roles(this.#session);
  }

  /** Groups of the tenant. */
  get groups(): Groups {
    return new Groups(this.#session);
  }

  /** API keys of the tenant, or of the server. */
  get keys(): ApiKeys {
    return new ApiKeys(this.#session);
  }

  /** What was done to the tenant, or to the server. */
  get audit(): Audit {
    return new Audit(this.#session);
  }

  /** The newest position that this client wrote at; undefined when it has not written to the tenant. */
  get position(): PositionToken | undefined {
    const token = this.#session.positions.of(this.#session.identity.tenantId);
    return token === undefined ? undefined : tokenText(token);
  }

  /** From here on reads are at least as new as this position of another client. */
  observe(position: PositionToken): void {
    this.#session.positions.set(this.#session.identity.tenantId, tokenBytes(position));
  }

  /** Ends calls and watches under way, closes connections, and refuses what comes after. */
  close(): void {
    this.#session.caller.close();
    this.#transport.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
