import { beforeAbort } from "../base/abortable.ts";
import type { CancelSignal } from "../base/cancel-signal.ts";
import type { Clock } from "../base/clock.ts";
import { EntError } from "../base/errors.ts";
import type { Random } from "../base/random.ts";
import type { Caller } from "../record/caller.ts";
import { SYSTEM_TENANT_ID } from "../record/transaction.ts";
import { SchemaRegistry } from "../schema/registry.ts";
import { EMPTY_SCHEMA } from "../schema/types.ts";
import type { Applied, Behind } from "../store/applied.ts";
import type { CatalogEntry } from "../store/reader/catalog-reader.ts";
import type { ReadWorkers } from "../store/reader/read-workers.ts";
import type { TenantStores } from "../store/tenant-stores.ts";
import type { Catalog } from "../tenant/catalog.ts";
import type { Gate } from "../tenant/gate.ts";
import type { SystemLog } from "../tenant/system-log.ts";
import type { Wal } from "../wal/wal.ts";
import { LocalAdministration } from "./administration/local-administration.ts";
import { WatchChanges } from "./changes/watch-changes.ts";
import type {
  Engine,
  RebuildReport,
  Receipt,
  SchemaCheck,
  SchemaReceipt,
  SchemaRequest,
  TenantSchema,
  TransactionReceipt,
  TransactionRequest,
} from "./engine.ts";
import { LocalEventStore } from "./events/local-event-store.ts";
import { FreshReads } from "./fresh-reads.ts";
import { GraphReads } from "./graph-reads.ts";
import type { ArchiveState, Health, LogState } from "./health.ts";
import { InFlightKeys } from "./in-flight.ts";
import { LocalMailboxes, type MailboxFollower } from "./local-mailboxes.ts";
import type { Mailboxes } from "./mailboxes.ts";
import { OpenViews } from "./open-views.ts";
import type { Freshness, Read } from "./reading.ts";
import { checkReceiptKey, receiptOf } from "./receipts.ts";
import { checkAgainst, registration, schemaBuild, tenantSchema } from "./schema-requests.ts";
import { type LocalSnapshots, NO_SNAPSHOTS, type SnapshotsState } from "./snapshots.ts";
import { Submit } from "./submit.ts";
import { TenantSchemas } from "./tenant-schemas.ts";
import { Viewers } from "./viewers.ts";

/** What the engine asks of the applier; `server/` passes it in. */
export interface TenantRepair {
  retry(tenantId: string): Promise<EntError | undefined>;
  rebuild(entry: CatalogEntry): Promise<Rebuilt | undefined>;
  /** Resolves when a deleted tenant's files are gone. */
  removed(entry: CatalogEntry): Promise<void>;
  readonly checkpointOffset: number;
}

interface Rebuilt {
  readonly records: number;
  readonly before: { readonly contentHash: string; readonly outcomeDigest: string };
  readonly after: { readonly contentHash: string; readonly outcomeDigest: string };
}

export interface LocalEngineDeps {
  readonly wal: Wal;
  readonly applied: Applied;
  readonly stores: TenantStores;
  readonly catalog: Catalog;
  readonly gate: Gate;
  readonly systemLog: SystemLog;
  readonly workers: ReadWorkers;
  readonly repair: TenantRepair;
  readonly mailboxes: MailboxFollower;
  /** How the archive is; undefined: nothing is archived. */
  readonly archiveState?: (() => ArchiveState) | undefined;
  /** Undefined: none are taken. */
  readonly snapshots?: LocalSnapshots | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly version: string;
  /** Rows that one query may look at. */
  readonly scanRows: number;
  /** Edges that one walk may look at. */
  readonly walkEdges: number;
  /** Steps that one walk may take. */
  readonly walkDepth: number;
}

/** The engine in this process: the log and the views of one partition. */
export class LocalEngine implements Engine {
  readonly #deps: LocalEngineDeps;
  readonly #viewers: Viewers;
  readonly #views: OpenViews;
  readonly #reads: FreshReads;
  readonly #graph: GraphReads;
  readonly #submit: Submit;
  readonly #inFlight = new InFlightKeys();
  readonly #schemas = new TenantSchemas();
  readonly mailboxes: Mailboxes;
  readonly changes: WatchChanges;
  readonly events: LocalEventStore;
  readonly administration: LocalAdministration;
  readonly snapshots: LocalSnapshots;

  constructor(deps: LocalEngineDeps) {
    this.#deps = deps;
    this.snapshots = deps.snapshots ?? NO_SNAPSHOTS;
    this.#viewers = new Viewers(deps.clock);
    this.#views = new OpenViews(deps);
    this.#reads = new FreshReads({ ...deps, views: this.#views, schemas: this.#schemas });
    this.#graph = new GraphReads({
      ...deps,
      reads: this.#reads,
      viewers: this.#viewers,
      schemas: this.#schemas,
    });
    this.changes = new WatchChanges({
      ...deps,
      views: this.#views,
      viewers: this.#viewers,
      schemas: this.#schemas,
    });
    this.#submit = new Submit({ ...deps, views: this.#views, inFlight: this.#inFlight });
    this.events = new LocalEventStore({
      ...deps,
      views: this.#views,
      reads: this.#reads,
      viewers: this.#viewers,
      submit: this.#submit,
    });
    this.mailboxes = new LocalMailboxes({
      ...deps,
      views: this.#views,
      viewers: this.#viewers,
      submit: this.#submit,
    });
    this.administration = new LocalAdministration({
      ...deps,
      views: this.#views,
      viewers: this.#viewers,
      submit: this.#submit,
      partition: deps.wal.partition,
      removed: (entry) => deps.repair.removed(entry),
    });
  }

  execute(
    caller: Caller,
    request: TransactionRequest,
    signal: CancelSignal,
  ): Promise<TransactionReceipt> {
    return this.#submit.execute(caller, request, signal);
  }

  async getReceipt(
    caller: Caller,
    idempotencyKey: string,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Receipt> {
    checkReceiptKey(idempotencyKey);
    const { wal, applied } = this.#deps;
    const { tenantId } = caller;
    if (this.#reads.isToBeCreated(tenantId)) return { state: "unknown" };
    await this.#reads.untilFresh(caller, freshness, signal);
    const store = this.#views.open(tenantId);
    // What others sent is nothing that the caller may know of, and reads as if it were not there.
    const auditor = this.#viewers.standingOf(store, caller).rights.has("audit");
    const isAsked = (actor: string) => auditor || actor === caller.actor;
    const pending = this.#inFlight.has(tenantId, idempotencyKey, isAsked);
    const found = store.reads.appliedEvents.find(idempotencyKey);
    const remembered = found !== undefined && isAsked(found.actor) ? found : undefined;
    // Of records that wait since before this start nobody knows the keys: "unknown" would be a guess.
    const behind = applied.behind(tenantId);
    if (remembered === undefined && !pending && behind !== undefined) throw behind.error;
    return receiptOf(wal, remembered, pending);
  }

  readonly getNode: Engine["getNode"] = (...asked) => this.#graph.getNode(...asked);
  readonly getNodes: Engine["getNodes"] = (...asked) => this.#graph.getNodes(...asked);
  readonly getNodeByKey: Engine["getNodeByKey"] = (...asked) => this.#graph.getNodeByKey(...asked);
  readonly queryNodes: Engine["queryNodes"] = (...asked) => this.#graph.queryNodes(...asked);
  readonly countNodes: Engine["countNodes"] = (...asked) => this.#graph.countNodes(...asked);
  readonly listEdges: Engine["listEdges"] = (...asked) => this.#graph.listEdges(...asked);
  readonly listConnected: Engine["listConnected"] = (...asked) =>
    this.#graph.listConnected(...asked);
  readonly searchNodes: Engine["searchNodes"] = (...asked) => this.#graph.searchNodes(...asked);
  readonly listGrants: Engine["listGrants"] = (...asked) => this.#graph.listGrants(...asked);

  async getSchema(
    caller: Caller,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<TenantSchema>> {
    if (this.#reads.isToBeCreated(caller.tenantId)) {
      return { ...tenantSchema(NO_TYPES, false, undefined), positionToken: new Uint8Array(0) };
    }
    return await this.#reads.read(caller, freshness, signal, (store) => {
      const { membership, schemas } = store.reads;
      const state = schemas.findBuild();
      const build = state && schemaBuild(state, this.#deps.wal.partition);
      return tenantSchema(this.#schemas.of(store), membership.schemaLocked, build);
    });
  }

  async registerSchema(
    caller: Caller,
    request: SchemaRequest,
    signal: CancelSignal,
  ): Promise<SchemaReceipt> {
    const receipt = await this.#submit.execute(caller, registration(request), signal);
    const now = await this.getSchema(caller, NOW, signal);
    return {
      fingerprint: now.fingerprint,
      differences: receipt.schemaDifferences,
      changed: receipt.results[0]?.created ?? false,
      positionToken: receipt.positionToken,
      walPosition: receipt.walPosition,
    };
  }

  async checkSchema(
    caller: Caller,
    request: Omit<SchemaRequest, "idempotencyKey">,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<SchemaCheck>> {
    return checkAgainst(await this.getSchema(caller, freshness, signal), request);
  }

  health(): Health {
    const { wal, applied, clock, version } = this.#deps;
    // A schema that is being built is no trouble.
    const all = [...applied.allBehind().values()];
    const behind = all.filter((tenant) => tenant.trouble !== "building");
    const halted = behind.filter((tenant) => tenant.trouble === "halted").length;
    const system = applied.behind(SYSTEM_TENANT_ID);
    const healthy = wal.unavailable === undefined && system === undefined;
    const now = clock.now();
    const oldest = applied.end < wal.end ? (applied.oldestLogTime ?? wal.lastLogTime) : now;
    return {
      status: healthy ? "healthy" : "unhealthy",
      components: {
        wal: wal.unavailable?.message ?? "connected",
        sqlite: behind.length === 0 ? "ok" : `${tenants(behind.length)} behind, ${halted} halted`,
        ...archiveComponent(this.archiveState()),
        ...snapshotsComponent(this.snapshots.state()),
      },
      applierLagMs: Math.max(0, now - oldest),
      lastSnapshotAt: this.snapshots.state()?.lastAt,
      version,
    };
  }

  logState(): LogState {
    const { wal, applied, repair } = this.#deps;
    return {
      logId: wal.logId,
      topic: wal.topic,
      partition: wal.partition,
      startOffset: wal.start,
      endOffset: wal.end,
      appliedOffset: applied.end,
      checkpointOffset: repair.checkpointOffset,
      tenantsBehind: [...applied.allBehind()].map(([tenantId, { trouble, offset, error }]) => ({
        tenantId,
        trouble,
        offset,
        message: error.message,
      })),
    };
  }

  archiveState(): ArchiveState | undefined {
    return this.#deps.archiveState?.();
  }

  async rebuildTenant(tenantId: string, signal: CancelSignal): Promise<RebuildReport> {
    const entry = this.#deps.gate.admitRead(tenantId);
    signal.throwIfAborted();
    const rebuilt = await beforeAbort(this.#deps.repair.rebuild(entry), signal);
    if (rebuilt === undefined) throw inTrouble(tenantId, this.#deps.applied.behind(tenantId));
    return {
      records: rebuilt.records,
      contentHashBefore: rebuilt.before.contentHash,
      contentHashAfter: rebuilt.after.contentHash,
      outcomeDigestBefore: rebuilt.before.outcomeDigest,
      outcomeDigestAfter: rebuilt.after.outcomeDigest,
    };
  }

  async retryTenant(
    tenantId: string,
    signal: CancelSignal,
  ): Promise<{ resumed: boolean; message: string }> {
    this.#deps.gate.admitRead(tenantId);
    signal.throwIfAborted();
    const error = await beforeAbort(this.#deps.repair.retry(tenantId), signal);
    if (error !== undefined) return { resumed: false, message: error.message };
    return { resumed: true, message: `Tenant ${tenantId} is served.` };
  }
}

const NOW: Freshness = { atLeast: undefined, strong: false };
const NO_TYPES = new SchemaRegistry(EMPTY_SCHEMA);

function inTrouble(tenantId: string, behind: Behind | undefined): EntError {
  if (behind?.trouble === "building") return behind.error;
  return new EntError({
    code: "failed_precondition",
    reason: "TENANT_REBUILDING",
    message: `Tenant ${tenantId} is being repaired already, or is halted.`,
    hint: "Look at the state of the log (entdb doctor), and retry the tenant first if it is halted.",
  });
}

function archiveComponent(state: ArchiveState | undefined): Record<string, string> {
  return state === undefined ? {} : { [state.component]: state.failure ?? "ok" };
}

function snapshotsComponent(state: SnapshotsState | undefined): Record<string, string> {
  return state === undefined ? {} : { snapshots: state.failure ?? "ok" };
}

function tenants(count: number): string {
  return count === 1 ? "1 tenant" : `${count} tenants`;
}
