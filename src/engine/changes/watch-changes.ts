/**
 * WatchChanges: a request checked, made a subscription, and its batches put in words. How
 * history and live come without a gap is `subscription/`'s; who sees what, `change-judge.ts`'.
 */
import type { CancelSignal } from "../../base/cancel-signal.ts";
import type { Clock } from "../../base/clock.ts";
import { type EntError, invalid } from "../../base/errors.ts";
import { limitDetails, limits } from "../../base/limits.ts";
import type { Caller } from "../../record/caller.ts";
import type { Applied } from "../../store/applied.ts";
import type { CatalogEntry } from "../../store/reader/catalog-reader.ts";
import type { ChangeRow } from "../../store/reader/change-reader.ts";
import type { Gate } from "../../tenant/gate.ts";
import { formatPosition, offsetOfToken } from "../../wal/position.ts";
import type { Wal } from "../../wal/wal.ts";
import type { Change, ChangeBatch, Changes, WatchRequest } from "../changes.ts";
import { beyondLog, tokenOf } from "../freshness.ts";
import type { OpenViews } from "../open-views.ts";
import { type SignOfLifeRange, signOfLifeMs } from "../subscription/sign-of-life.ts";
import type { Batch } from "../subscription/subscriber.ts";
import { Subscriptions } from "../subscription/subscriptions.ts";
import type { TenantSchemas } from "../tenant-schemas.ts";
import type { Viewers } from "../viewers.ts";
import type { ChangeInterest } from "./change-judge.ts";
import { ChangeSource, requireKept } from "./change-source.ts";

export interface WatchChangesDeps {
  readonly wal: Wal;
  readonly applied: Applied;
  readonly gate: Gate;
  readonly clock: Clock;
  readonly views: OpenViews;
  readonly viewers: Viewers;
  readonly schemas: TenantSchemas;
}

const HEARTBEAT: SignOfLifeRange = {
  defaultMs: limits.watchHeartbeatMs,
  minMs: limits.watchHeartbeatMinMs,
  maxMs: limits.watchHeartbeatMaxMs,
};

export class WatchChanges implements Changes {
  readonly #deps: WatchChangesDeps;
  readonly #subscriptions: Subscriptions<ChangeRow, ChangeInterest, Change>;

  constructor(deps: WatchChangesDeps) {
    this.#deps = deps;
    this.#subscriptions = new Subscriptions({ ...deps, source: new ChangeSource(deps) });
  }

  /** Watchers at this moment. */
  get count(): number {
    return this.#subscriptions.count;
  }

  async *watch(
    caller: Caller,
    request: WatchRequest,
    signal: CancelSignal,
  ): AsyncGenerator<ChangeBatch, void> {
    if (signal.aborted) return;
    const { tenantId } = caller;
    const heartbeatMs = signOfLifeMs(request.heartbeatMs, "heartbeat_ms", HEARTBEAT);
    const tenant = this.#deps.gate.admitRead(tenantId);
    const interest = this.#interestOf(caller, request);
    const after = this.#startOf(tenant, request);
    const { expiresAt } = request;
    const key = keyOf(interest);
    const subscription = { tenant, interest, key, after, heartbeatMs, expiresAt };
    for await (const batch of this.#subscriptions.subscribe(subscription, signal)) {
      yield this.#batchOf(batch);
    }
  }

  #interestOf(caller: Caller, request: WatchRequest): ChangeInterest {
    const { typeIds, edgeTypeIds, withNodes } = request;
    const count = typeIds.length + edgeTypeIds.length;
    if (count > limits.watchTypes) throw tooManyTypes();
    if (count === 0) return { caller, typeIds: undefined, edgeTypeIds: undefined, withNodes };
    const { views, schemas } = this.#deps;
    const registry = views.read(caller.tenantId, (store) => schemas.of(store));
    for (const typeId of typeIds) registry.nodeType(typeId);
    for (const edgeTypeId of edgeTypeIds) registry.edgeType(edgeTypeId);
    return { caller, typeIds: new Set(typeIds), edgeTypeIds: new Set(edgeTypeIds), withNodes };
  }

  /** Everything up to and including it is not asked for. */
  #startOf(tenant: CatalogEntry, { after, fromBeginning }: WatchRequest): number {
    const { wal, applied, views } = this.#deps;
    const { tenantId, createdOffset } = tenant;
    if (after !== undefined && after.length > 0) {
      const position = offsetOfToken(after, wal);
      if (position >= wal.end) throw beyondLog(position, wal.end);
      views.read(tenantId, ({ reads }) => requireKept(reads.changes, position));
      return position;
    }
    if (fromBeginning) {
      const trimmedBelow = views.read(tenantId, ({ reads }) => reads.changes.trimmedBelow);
      return Math.max(createdOffset, trimmedBelow - 1);
    }
    // What is committed may have been answered, and be read, before the applier says how far it is.
    const { appliedOffset } = views.read(tenantId, (store) => store.state());
    return Math.max(applied.endOf(tenantId) - 1, appliedOffset);
  }

  #batchOf({ items, position }: Batch<Change>): ChangeBatch {
    const { wal } = this.#deps;
    const walPosition = formatPosition({ partition: wal.partition, offset: Math.max(0, position) });
    return { changes: items, positionToken: tokenOf(wal, position), walPosition };
  }
}

/** The same for watchers who get the same: caller and wishes, whatever their order. */
function keyOf({ caller, typeIds, edgeTypeIds, withNodes }: ChangeInterest): string {
  const sorted = (ids: ReadonlySet<number> | undefined) => ids && [...ids].sort((a, b) => a - b);
  const { actor, roles } = caller;
  return JSON.stringify([actor, roles, sorted(typeIds), sorted(edgeTypeIds), withNodes]);
}

function tooManyTypes(): EntError {
  return invalid(
    "LIMIT_EXCEEDED",
    `A watch names more than ${limits.watchTypes} types.`,
    "Name fewer, or none: then all come.",
    limitDetails("watchTypes"),
  );
}
