/**
 * The engine as a face thread has it: every call crosses to the engine's thread and its
 * answer crosses back. It promises what {@link Engine} promises, errors and their details
 * included; a face cannot tell which engine it has.
 *
 * A call whose signal aborts is cancelled over there, and its answer is what that comes to:
 * only the engine knows whether a transaction had been appended by then.
 */
import { type CancelSignal, isCancelSignal } from "../base/cancel-signal.ts";
import { type ErrorData, errorFromData, errorToData } from "../base/error-data.ts";
import { leastRecentlyUsed } from "../base/least-recently-used.ts";
import { limits } from "../base/limits.ts";
import { NumberMap } from "../base/number-map.ts";
import type { Administration, AuditedAction } from "../engine/administration.ts";
import type { Changes } from "../engine/changes.ts";
import type { Engine, TenantSchema } from "../engine/engine.ts";
import type { EventStore } from "../engine/events.ts";
import type { Mailboxes } from "../engine/mailboxes.ts";
import type { Read } from "../engine/reading.ts";
import type { Snapshots } from "../engine/snapshots.ts";
import type { Schema } from "../schema/types.ts";
import { Channel } from "./channel.ts";
import { IncomingItems } from "./incoming-items.ts";
import type { KeyedReads } from "./keyed-reads.ts";
import type {
  Beside,
  CallName,
  FromEngine,
  NumberedSchema,
  StreamName,
  ToEngine,
} from "./messages.ts";

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

interface KnownSchema {
  readonly number: number;
  readonly schema: Schema;
}

export class EngineClient implements Engine {
  readonly #channel: Channel<ToEngine, FromEngine>;
  readonly #waiting = new NumberMap<Waiting>();
  readonly #streams = new NumberMap<IncomingItems>();
  readonly #schemas = leastRecentlyUsed<KnownSchema>(limits.openTenants);
  #lastId = 0;
  /** What can be read in this thread is not asked for. Undefined: nothing can. */
  keyedReads: KeyedReads | undefined;

  constructor(port: MessagePort) {
    this.#channel = new Channel<ToEngine, FromEngine>({
      port,
      received: (message) => this.#received(message),
      unsendable: ({ id }, cause) => this.#received({ id, error: errorToData(cause) }),
    });
  }

  readonly execute = this.#method<Engine["execute"]>("execute");
  readonly getReceipt = this.#method<Engine["getReceipt"]>("getReceipt");
  readonly queryNodes = this.#method<Engine["queryNodes"]>("queryNodes");
  readonly countNodes = this.#method<Engine["countNodes"]>("countNodes");
  readonly listEdges = this.#method<Engine["listEdges"]>("listEdges");
  readonly listConnected = this.#method<Engine["listConnected"]>("listConnected");
  readonly searchNodes = this.#method<Engine["searchNodes"]>("searchNodes");
  readonly listGrants = this.#method<Engine["listGrants"]>("listGrants");
  readonly registerSchema = this.#method<Engine["registerSchema"]>("registerSchema");
  readonly checkSchema = this.#method<Engine["checkSchema"]>("checkSchema");
  readonly health = this.#method<Engine["health"]>("health");
  readonly logState = this.#method<Engine["logState"]>("logState");
  readonly archiveState = this.#method<Engine["archiveState"]>("archiveState");
  readonly rebuildTenant = this.#method<Engine["rebuildTenant"]>("rebuildTenant");
  readonly retryTenant = this.#method<Engine["retryTenant"]>("retryTenant");

  readonly mailboxes: Mailboxes = {
    list: this.#method("mailboxes.list"),
    search: this.#method("mailboxes.search"),
    unreadCount: this.#method("mailboxes.unreadCount"),
    change: this.#method("mailboxes.change"),
  };

  readonly changes: Changes = { watch: this.#stream("changes.watch") };

  readonly events: EventStore = {
    append: this.#method("events.append"),
    readAggregate: this.#method("events.readAggregate"),
    readEvents: this.#method("events.readEvents"),
    getAggregate: this.#method("events.getAggregate"),
    listAggregates: this.#method("events.listAggregates"),
    subscribe: this.#stream("events.subscribe"),
    getCheckpoint: this.#method("events.getCheckpoint"),
    listAggregateGrants: this.#method("events.listAggregateGrants"),
  };

  readonly administration: Administration = {
    createTenant: this.#method("administration.createTenant"),
    getTenant: this.#method("administration.getTenant"),
    listTenants: this.#method("administration.listTenants"),
    suspendTenant: this.#method("administration.suspendTenant"),
    resumeTenant: this.#method("administration.resumeTenant"),
    deleteTenant: this.#method("administration.deleteTenant"),
    setTenantLimits: this.#method("administration.setTenantLimits"),
    setSchemaLock: this.#method("administration.setSchemaLock"),
    setMember: this.#method("administration.setMember"),
    removeMember: this.#method("administration.removeMember"),
    listMembers: this.#method("administration.listMembers"),
    putRole: this.#method("administration.putRole"),
    deleteRole: this.#method("administration.deleteRole"),
    listRoles: this.#method("administration.listRoles"),
    putGroup: this.#method("administration.putGroup"),
    deleteGroup: this.#method("administration.deleteGroup"),
    addGroupMember: this.#method("administration.addGroupMember"),
    removeGroupMember: this.#method("administration.removeGroupMember"),
    listGroups: this.#method("administration.listGroups"),
    createApiKey: this.#method("administration.createApiKey"),
    listApiKeys: this.#method("administration.listApiKeys"),
    revokeApiKey: this.#method("administration.revokeApiKey"),
    listAuditEvents: this.#method("administration.listAuditEvents"),
    audited: (by, action, work) => this.#audited(by, action, work),
  };

  readonly snapshots: Snapshots = {
    create: this.#method("snapshots.create"),
    list: this.#method("snapshots.list"),
  };

  /** What a face needs of the engine's thread besides the engine. */
  readonly beside: {
    readonly [M in keyof Beside]: (
      ...asked: Parameters<Beside[M]>
    ) => Promise<Awaited<ReturnType<Beside[M]>>>;
  } = {
    identify: this.#method("beside.identify"),
    actedFor: this.#method("beside.actedFor"),
    metricsText: this.#method("beside.metricsText"),
    isReady: this.#method("beside.isReady"),
    monotonicMs: this.#method("beside.monotonicMs"),
    publishView: this.#method("beside.publishView"),
  };

  readonly getNode: Engine["getNode"] = async (caller, request, freshness, signal) => {
    signal.throwIfAborted();
    const here = this.keyedReads?.getNode(caller, request, freshness);
    return here ?? (await this.#nodeThere(caller, request, freshness, signal));
  };
  readonly getNodes: Engine["getNodes"] = async (caller, request, freshness, signal) => {
    signal.throwIfAborted();
    const here = this.keyedReads?.getNodes(caller, request, freshness);
    return here ?? (await this.#nodesThere(caller, request, freshness, signal));
  };
  readonly getNodeByKey: Engine["getNodeByKey"] = async (caller, request, freshness, signal) => {
    signal.throwIfAborted();
    const here = this.keyedReads?.getNodeByKey(caller, request, freshness);
    return here ?? (await this.#nodeByKeyThere(caller, request, freshness, signal));
  };
  readonly #nodeThere = this.#method<Engine["getNode"]>("getNode");
  readonly #nodesThere = this.#method<Engine["getNodes"]>("getNodes");
  readonly #nodeByKeyThere = this.#method<Engine["getNodeByKey"]>("getNodeByKey");

  /** The same object as long as a schema stands and is read in the same thread, as the engine itself hands it out: faces compile it once. */
  readonly getSchema: Engine["getSchema"] = async (caller, freshness, signal) => {
    signal.throwIfAborted();
    const here = this.keyedReads?.getSchema(caller, freshness);
    if (here !== undefined) return here;
    const known = this.#schemas.get(caller.tenantId);
    const asked = [known?.number ?? 0, caller, freshness];
    const answer = await this.#call("getSchema", asked, signal);
    const { schemaNumber, ...found } = answer as NumberedSchema & Read<Partial<TenantSchema>>;
    if (found.schema === undefined && known?.number === schemaNumber) {
      return { ...found, schema: known.schema } as Read<TenantSchema>;
    }
    const whole = found as Read<TenantSchema>;
    this.#schemas.set(caller.tenantId, { number: schemaNumber, schema: whole.schema });
    return whole;
  };

  /** The method of that name, whose last argument is a signal or none of them is. */
  #method<M extends (...asked: never[]) => unknown>(name: CallName): M {
    const method = (...asked: unknown[]) => {
      const last = asked.at(-1);
      if (!isCancelSignal(last)) return this.#call(name, asked, undefined);
      return this.#call(name, asked.slice(0, -1), last);
    };
    return method as unknown as M;
  }

  #stream<M extends (...asked: never[]) => AsyncIterable<unknown>>(name: StreamName): M {
    const method = (...asked: unknown[]) =>
      this.#items(name, asked.slice(0, -1), asked.at(-1) as CancelSignal);
    return method as unknown as M;
  }

  #call(
    name: CallName,
    asked: readonly unknown[],
    signal: CancelSignal | undefined,
    id = ++this.#lastId,
  ): Promise<unknown> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const cancel = () => this.#cancel(id, errorToData(signal?.reason));
      const letGo = () => {
        this.#waiting.delete(id);
        signal?.removeEventListener("abort", cancel);
      };
      signal?.addEventListener("abort", cancel, { once: true });
      this.#waiting.set(id, {
        resolve: (answer) => {
          letGo();
          resolve(answer);
        },
        reject: (error) => {
          letGo();
          reject(error);
        },
      });
      this.#channel.send({ do: "call", id, name, asked });
    });
  }

  async *#items(
    name: StreamName,
    asked: readonly unknown[],
    signal: CancelSignal,
  ): AsyncGenerator<unknown> {
    if (signal.aborted) return;
    const id = ++this.#lastId;
    const items = new IncomingItems();
    const cancel = () => this.#cancel(id, errorToData(signal.reason));
    this.#streams.set(id, items);
    signal.addEventListener("abort", cancel, { once: true });
    this.#channel.send({ do: "open", id, name, asked });
    try {
      for await (const item of items) {
        if (signal.aborted) return;
        yield item;
        this.#channel.send({ do: "more", id, items: 1 });
      }
    } finally {
      signal.removeEventListener("abort", cancel);
      this.#streams.delete(id);
      if (!items.ended && !signal.aborted) this.#cancel(id, undefined);
    }
  }

  /** The work is done here, the account of it kept there: also when this thread dies on the way. */
  async #audited<T>(
    by: Parameters<Administration["audited"]>[0],
    action: AuditedAction,
    work: () => Promise<T>,
  ): Promise<T> {
    const id = ++this.#lastId;
    const accounted = this.#call("administration.audited", [by, action], undefined, id);
    let done: { readonly result: T } | { readonly failure: unknown };
    try {
      done = { result: await work() };
    } catch (failure) {
      done = { failure };
    }
    const failure = "failure" in done ? errorToData(done.failure) : undefined;
    this.#channel.send({ do: "settle", id, failure });
    await accounted.catch((error: unknown) => {
      throw "failure" in done ? done.failure : error;
    });
    if ("failure" in done) throw done.failure;
    return done.result;
  }

  #cancel(id: number, reason: ErrorData | undefined): void {
    this.#channel.send({ do: "cancel", id, reason });
  }

  #received(message: FromEngine): void {
    const { id } = message;
    if ("answer" in message) return this.#waiting.get(id)?.resolve(message.answer);
    const items = this.#streams.get(id);
    if ("item" in message) return items?.push(message.item);
    if ("ended" in message) return items?.end();
    const error = errorFromData(message.error);
    this.#waiting.get(id)?.reject(error);
    items?.fail(error);
  }
}
