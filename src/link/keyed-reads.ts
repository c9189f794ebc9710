/**
 * Reads by key in a face thread's own turn, on its own connections to views that the engine
 * has published. It answers what the engine would answer, or nothing: then the engine is to be
 * asked. So it is with a read that must wait, a tenant that is behind, is being replaced or is
 * not there, and one whose view has not been published yet, which is asked for meanwhile.
 */
import type { LRUCache } from "lru-cache";
import type { Clock } from "../base/clock.ts";
import { EntError } from "../base/errors.ts";
import { leastRecentlyUsed } from "../base/least-recently-used.ts";
import type {
  NodeByKeyRequest,
  NodeRequest,
  NodesRequest,
  TenantSchema,
} from "../engine/engine.ts";
import { tokenOf } from "../engine/freshness.ts";
import { getNode, getNodeByKey, getNodes } from "../engine/node-reads.ts";
import type { Freshness, Read } from "../engine/reading.ts";
import { withoutRemovedFields } from "../engine/removed-fields.ts";
import { tenantSchema } from "../engine/schema-requests.ts";
import { TenantSchemas } from "../engine/tenant-schemas.ts";
import { Viewers } from "../engine/viewers.ts";
import type { Caller } from "../record/caller.ts";
import type { PublishedView } from "../store/published-views.ts";
import { ReadOnlyView } from "../store/read-only-view.ts";
import { troubleOf } from "../store/store-errors.ts";
import type { ViewBoard } from "../store/view-board.ts";
import { type LogIdentity, offsetOfToken } from "../wal/position.ts";

export interface KeyedReadsOptions {
  readonly board: ViewBoard;
  readonly log: LogIdentity;
  /** Has the engine publish a tenant's view. Undefined: it cannot be, now. */
  readonly publish: (tenantId: string) => Promise<PublishedView | undefined>;
  readonly clock: Clock;
  /** Views that are open here at once. */
  readonly openViews: number;
}

/** How long a view that was withdrawn may stay open here: its files may have been removed. */
const SWEEP_MS = 1_000;
/** Before a view is asked for again that could not be published. */
const ASK_AGAIN_MS = 1_000;

export class KeyedReads {
  readonly #options: KeyedReadsOptions;
  readonly #views: LRUCache<string, ReadOnlyView>;
  /** Tenants whose views have been asked for, and until when they are not asked for again. */
  readonly #asked: LRUCache<string, number>;
  readonly #viewers: Viewers;
  readonly #schemas = new TenantSchemas();
  #sweeping = false;

  constructor(options: KeyedReadsOptions) {
    this.#options = options;
    this.#viewers = new Viewers(options.clock);
    this.#asked = leastRecentlyUsed(options.openViews);
    this.#views = leastRecentlyUsed(options.openViews, (view) => view.close());
  }

  /** As `Engine.getNode`; undefined: ask the engine. So are those that follow. */
  getNode(caller: Caller, request: NodeRequest, freshness: Freshness) {
    return this.#read(caller, freshness, (view) => ({
      node: getNode(view.reads, this.#viewers.of(view, caller), request),
    }));
  }

  getNodes(caller: Caller, request: NodesRequest, freshness: Freshness) {
    return this.#read(caller, freshness, (view) =>
      getNodes(view.reads, this.#viewers.of(view, caller), request),
    );
  }

  getNodeByKey(caller: Caller, request: NodeByKeyRequest, freshness: Freshness) {
    return this.#read(caller, freshness, (view) => {
      const viewer = this.#viewers.of(view, caller);
      return { node: getNodeByKey(view.reads, viewer, this.#schemas.of(view), request) };
    });
  }

  getSchema(caller: Caller, freshness: Freshness): Read<TenantSchema> | undefined {
    return this.#read(caller, freshness, (view) => {
      const { schemaLocked } = view.reads.membership;
      // One that is being built is the engine's to tell of; such a tenant's view is not published.
      return tenantSchema(this.#schemas.of(view), schemaLocked, undefined);
    });
  }

  #read<T extends object>(
    caller: Caller,
    freshness: Freshness,
    read: (view: ReadOnlyView) => T,
  ): Read<T> | undefined {
    if (freshness.strong) return undefined;
    const view = this.#views.get(caller.tenantId);
    if (view === undefined) return this.#ask(caller.tenantId);
    try {
      const wanted = offsetWanted(freshness, this.#options.log);
      const done = view.read(() => withoutRemovedFields(this.#schemas.shownBy(view), read(view)));
      if (done === undefined || done.offset < wanted) return this.#unlessPublished(caller, view);
      return { ...done.answer, positionToken: tokenOf(this.#options.log, done.offset) };
    } catch (error) {
      if (error instanceof EntError && troubleOf(error) === "unknown") throw error;
      // Whatever is wrong with the file, the engine meets it too and deals with it.
      return this.#forget(caller.tenantId);
    }
  }

  #unlessPublished({ tenantId }: Caller, view: ReadOnlyView): undefined {
    if (!view.isPublished) this.#forget(tenantId);
  }

  #forget(tenantId: string): undefined {
    this.#views.delete(tenantId);
  }

  #ask(tenantId: string): undefined {
    const now = this.#options.clock.monotonic();
    if (now < (this.#asked.get(tenantId) ?? 0)) return;
    this.#asked.set(tenantId, now + ASK_AGAIN_MS);
    // What is wrong is the engine's affair, which the call itself asks now.
    this.#open(tenantId).catch(() => undefined);
  }

  async #open(tenantId: string): Promise<void> {
    const { board, log, publish } = this.#options;
    const published = await publish(tenantId);
    if (published === undefined) return;
    this.#views.set(tenantId, new ReadOnlyView(published, board, log.logId));
    this.#asked.delete(tenantId);
    this.#sweepLater();
  }

  #sweepLater(): void {
    if (this.#sweeping) return;
    this.#sweeping = true;
    this.#options.clock.timer(SWEEP_MS, () => {
      this.#sweeping = false;
      for (const [tenantId, view] of [...this.#views.entries()]) {
        if (!view.isPublished) this.#forget(tenantId);
      }
      if (this.#views.size > 0) this.#sweepLater();
    });
  }
}

/** -1: none. Throws INVALID_POSITION, POSITION_FROM_ANOTHER_LOG. */
function offsetWanted({ atLeast }: Freshness, log: LogIdentity): number {
  return atLeast === undefined || atLeast.length === 0 ? -1 : offsetOfToken(atLeast, log);
}
