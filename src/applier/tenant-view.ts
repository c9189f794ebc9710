import { must } from "../base/assert.ts";
import type { LoggedRecord } from "../record/codec.ts";
import { type DecidedOutcome, keyReused, type Outcome } from "../record/outcome.ts";
import { encodeDecision, encodeWording } from "../record/outcome-codec.ts";
import { SYSTEM_TENANT_ID, type SystemBody, type Transaction } from "../record/transaction.ts";
import { SchemaRegistry } from "../schema/registry.ts";
import { decodeSchemaText } from "../schema/schema-json.ts";
import { EMPTY_SCHEMA } from "../schema/types.ts";
import { AppliedEventReader } from "../store/reader/applied-event-reader.ts";
import { ALL_ROWS, BuildReader, type BuildState } from "../store/reader/build-reader.ts";
import { ChangeReader } from "../store/reader/change-reader.ts";
import { SchemaReader } from "../store/reader/schema-reader.ts";
import type { TenantStore } from "../store/tenant-store.ts";
import { prepareAdvance, readViewState } from "../store/view-state.ts";
import { AppliedEventWriter } from "../store/writer/applied-event-writer.ts";
import { BuildWriter } from "../store/writer/build-writer.ts";
import { ChangeWriter } from "../store/writer/change-writer.ts";
import { applySystem, SystemStatements } from "./apply-system.ts";
import { decideTransaction } from "./apply-transaction.ts";
import { writeAuditRows } from "./audit-rows.ts";
import type { Slice } from "./build-pass.ts";
import { BuildNeeded, type BuildPlan, BuildRefused } from "./build-plan.ts";
import { changesDueAt, dueAt, trimChanges } from "./change-rows.ts";
import { chainDigest } from "./outcome-digest.ts";
import { rejectionOf } from "./rejection.ts";
import {
  advanceBuild,
  advanceCleaning,
  beginBuild,
  beginCleaning,
  isBuilt,
  isUndone,
  rejectionIn,
  takingBack,
} from "./schema-build.ts";
import { type Building, GraphStatements, TransactionScope } from "./scope.ts";

/** A record of one tenant, decoded, with its place in the log. */
export interface PlacedRecord {
  readonly offset: number;
  readonly logTime: number;
  readonly record: LoggedRecord;
}

/** What a record came to, under the offset of that record (not of the first with its key). */
export interface AppliedRecord {
  readonly offset: number;
  readonly decided: DecidedOutcome;
}

/** How far {@link TenantView.apply} came. */
interface AppliedRecords {
  readonly applied: readonly AppliedRecord[];
  /** Offset of the record whose schema must now be built in slices; undefined: all are applied. */
  readonly building: number | undefined;
}

/** What a slice of a build came to. */
export interface BuiltSlice {
  /** The record, once it is decided. */
  readonly applied: readonly AppliedRecord[];
  /** Whether the view can go on with the next record. */
  readonly isDone: boolean;
}

/** How a record is decided. */
interface Deciding extends Building {
  /** The outcome is known already, and nothing is to be done. */
  readonly forced?: { readonly outcome: Outcome; readonly replaced: BuildState["replaced"] };
}

const GOES_ON: BuiltSlice = { applied: [], isDone: false };

/** A schema is brought to so many rows inside its record's own transaction; to more in slices. */
const ROWS_AT_ONCE = 256;
/** Not even a plan that looks at none. */
const NO_ROWS = -1;

const SERVER_KEY_LIFE_MS = 24 * 60 * 60 * 1000;
/** Expired keys are cleared at most this often, so that a busy tenant does not delete one row with each write. */
const EXPIRY_STEP_MS = 60_000;

/**
 * A tenant's view as the applier writes it. Effects, remembered outcome and position
 * are one SQLite transaction: after a crash the file says exactly how far it has come.
 *
 * Invariant: what is held in memory here (schema, position, digest, next expiry) equals
 * what is committed. It changes after COMMIT only; a roll-back leaves it as it was.
 */
export class TenantView {
  readonly store: TenantStore;
  readonly #graph: GraphStatements;
  readonly #events: AppliedEventReader;
  readonly #eventWriter: AppliedEventWriter;
  readonly #changes: ChangeReader;
  readonly #changeWriter: ChangeWriter;
  readonly #advance: ReturnType<typeof prepareAdvance>;
  readonly #system: SystemStatements;
  readonly #buildWriter: BuildWriter;
  readonly #rowsAtOnce: number;
  #committed: ViewMemory;
  /** The plan of the build at this offset, for as long as the file is open. */
  #plan: { readonly offset: number; readonly plan: BuildPlan } | undefined;

  constructor(store: TenantStore, rowsAtOnce = ROWS_AT_ONCE) {
    const db = store.writeConnection;
    this.store = store;
    this.#rowsAtOnce = rowsAtOnce;
    this.#buildWriter = new BuildWriter(db);
    this.#graph = new GraphStatements(db);
    this.#events = new AppliedEventReader(db);
    this.#eventWriter = new AppliedEventWriter(db);
    this.#changes = new ChangeReader(db);
    this.#changeWriter = new ChangeWriter(db);
    this.#advance = prepareAdvance(db);
    this.#system = new SystemStatements(db);
    const state = must(readViewState(db), "an opened view says whose it is");
    const definition = new SchemaReader(db).findCurrent();
    this.#committed = {
      appliedOffset: state.appliedOffset,
      digest: state.outcomeDigest,
      registry: new SchemaRegistry(
        definition === undefined ? EMPTY_SCHEMA : decodeSchemaText(definition),
      ),
      nextExpiry: this.#events.firstExpiry(),
      changesDueAt: changesDueAt(this.#changes),
      membership: 0,
      build: new BuildReader(db).find(),
    };
  }

  /** Offset of the last record that was applied; -1: none. */
  get appliedOffset(): number {
    return this.#committed.appliedOffset;
  }

  get outcomeDigest(): Uint8Array {
    return this.#committed.digest;
  }

  /**
   * Applies records in their order, as one SQLite transaction, all or none. Records that
   * the view holds already are passed over: twice is once. What is thrown is trouble;
   * nothing of these records has then been applied.
   *
   * Stops where a schema must be brought to more rows than one transaction may touch:
   * `building` is that record's offset, and {@link buildSlice} goes on there.
   */
  apply(records: readonly PlacedRecord[]): AppliedRecords {
    const { build } = this.#committed;
    if (build?.phase === "clean") return { applied: [], building: build.position };
    const fresh = records.filter((placed) => placed.offset > this.#committed.appliedOffset);
    if (fresh.length === 0) return { applied: [], building: undefined };
    return this.#transaction((memory) => {
      const applied: AppliedRecord[] = [];
      let next = memory;
      let last: PlacedRecord | undefined;
      for (const placed of fresh) {
        const after = { ...next };
        try {
          applied.push(this.#applyOne(after, placed, this.#buildingAt(placed.offset)));
        } catch (error) {
          if (!(error instanceof BuildNeeded)) throw error;
          this.#plan = { offset: placed.offset, plan: error.plan };
          break;
        }
        next = after;
        last = placed;
      }
      if (last !== undefined) this.#advance.run(last.offset, last.logTime, next.digest);
      const building = fresh[applied.length]?.offset;
      return { next, result: { applied, building } };
    });
  }

  /**
   * Does one slice of what the schema of this record asks of the rows that are there, as one
   * SQLite transaction that also says how far it has come. The last but for cleaning decides
   * the record and moves the view on. Undefined `placed` only for cleaning, which needs none.
   */
  buildSlice(placed: PlacedRecord | undefined, slice: Slice): BuiltSlice {
    const { build } = this.#committed;
    if (build?.phase === "clean") return this.#clean(build, slice);
    const record = must(placed, "a schema is built from its record");
    const plan = this.#planOf(record);
    const state = build ?? beginBuild(record.offset, plan);
    if (isBuilt(state, plan)) return this.#decideBuilt(record, state, plan);
    if (isUndone(state)) return this.#decideUndone(record, state);
    return this.#transaction((memory) => {
      const advanced = advanceBuild(state, plan, slice);
      this.#buildWriter.put(advanced);
      return { next: { ...memory, build: advanced }, result: GOES_ON };
    });
  }

  #clean(build: BuildState, slice: Slice): BuiltSlice {
    return this.#transaction((memory) => {
      const left = advanceCleaning(this.#graph, build, slice);
      this.#keep(left);
      return {
        next: { ...memory, build: left },
        result: { applied: [], isDone: left === undefined },
      };
    });
  }

  /** Puts the schema in force, unless another operation of its record is refused: then all is taken back. */
  #decideBuilt(record: PlacedRecord, state: BuildState, plan: BuildPlan): BuiltSlice {
    try {
      return this.#transaction((memory) => {
        const next = { ...memory };
        const how = { ...this.#buildingAt(record.offset), isBuilt: true };
        const applied = this.#applyOne(next, record, how);
        next.build = beginCleaning(state, plan);
        this.#keep(next.build);
        this.#advance.run(record.offset, record.logTime, next.digest);
        return { next, result: { applied: [applied], isDone: next.build === undefined } };
      });
    } catch (error) {
      if (!(error instanceof BuildRefused)) throw error;
      const all = { ...state, step: plan.passes.length - 1, after: ALL_ROWS };
      return this.#transaction((memory) => {
        const build = takingBack(all, error.rejection, error.replaced);
        this.#keep(build);
        return { next: { ...memory, build }, result: GOES_ON };
      });
    }
  }

  /** Remembers the rejection, now that nothing of the schema is left. */
  #decideUndone(record: PlacedRecord, state: BuildState): BuiltSlice {
    return this.#transaction((memory) => {
      const next: ViewMemory = { ...memory, build: undefined };
      const forced = { outcome: rejectionIn(state), replaced: state.replaced };
      const applied = this.#applyOne(next, record, { ...this.#buildingAt(record.offset), forced });
      this.#buildWriter.clear();
      this.#advance.run(record.offset, record.logTime, next.digest);
      return { next, result: { applied: [applied], isDone: true } };
    });
  }

  #keep(build: BuildState | undefined): void {
    if (build === undefined) this.#buildWriter.clear();
    else this.#buildWriter.put(build);
  }

  /** A build that has begun goes on in slices, however few rows there are. */
  #buildingAt(offset: number): Building {
    const isBegun = this.#committed.build?.position === offset;
    return { rowsAtOnce: isBegun ? NO_ROWS : this.#rowsAtOnce, isBuilt: false };
  }

  /** The plan, made once more when the file has been opened anew. */
  #planOf(record: PlacedRecord): BuildPlan {
    if (this.#plan?.offset !== record.offset) this.apply([record]);
    return must(this.#plan, "a build that has begun needs to go on").plan;
  }

  /** One SQLite transaction; what is held in memory changes with its commit only. */
  #transaction<T>(work: (memory: ViewMemory) => { next: ViewMemory; result: T }): T {
    const db = this.store.writeConnection;
    db.run("BEGIN IMMEDIATE");
    try {
      const { next, result } = work(this.#committed);
      this.#graph.indexWriter.fieldRows.settle();
      db.run("COMMIT");
      this.#adopt(next);
      return result;
    } catch (error) {
      // SQLite has rolled back by itself after a full disk or an I/O error.
      if (db.inTransaction) db.run("ROLLBACK");
      this.#graph.forget();
      throw error;
    }
  }

  #adopt(next: ViewMemory): void {
    if (next.membership !== this.#committed.membership) this.store.membershipChanged();
    // What readers may see also changes where a build begins and ends.
    const building = (memory: ViewMemory) => memory.build !== undefined;
    const began = building(next) !== building(this.#committed);
    if (began || next.registry !== this.#committed.registry) this.store.schemaChanged();
    if (this.#graph.mailboxOutbox.takeWritten()) this.store.mailbox.setNews(true);
    this.#committed = next;
  }

  #applyOne(next: ViewMemory, placed: PlacedRecord, how: Deciding): AppliedRecord {
    const { offset, logTime, record } = placed;
    this.#expireKeys(next, logTime);
    this.#trimChanges(next, logTime);
    next.appliedOffset = offset;
    const keyless = record.idempotencyKey === "";
    const remembered = keyless ? undefined : this.#events.find(record.idempotencyKey);
    if (remembered !== undefined) {
      const repeated = Buffer.compare(remembered.requestHash, record.requestHash) === 0;
      const outcome = repeated ? remembered.outcome : rejectionOf(keyReused(record.idempotencyKey));
      next.digest = chainDigest(next.digest, offset, encodeDecision(outcome));
      return repeated
        ? { offset, decided: remembered }
        : { offset, decided: { outcome, offset, appliedAt: logTime } };
    }
    const outcome = this.#decide(next, placed, how);
    next.changesDueAt = Math.min(next.changesDueAt, dueAt(logTime));
    const result = encodeDecision(outcome);
    next.digest = chainDigest(next.digest, offset, result);
    // What came without a key is known by its effects alone.
    if (keyless) return { offset, decided: { outcome, offset, appliedAt: logTime } };
    const expiresAt = record.serverMadeKey ? logTime + SERVER_KEY_LIFE_MS : null;
    if (expiresAt !== null) next.nextExpiry = Math.min(next.nextExpiry, expiresAt);
    this.#eventWriter.insert({
      idempotencyKey: record.idempotencyKey,
      actor: record.actor,
      requestHash: record.requestHash,
      result,
      wording: encodeWording(outcome),
      position: offset,
      appliedAt: logTime,
      expiresAt,
    });
    return { offset, decided: { outcome, offset, appliedAt: logTime } };
  }

  #decide(next: ViewMemory, placed: PlacedRecord, how: Deciding): Outcome {
    const body = placed.record.decodeBody();
    if (body.kind !== "transaction") return this.#decideSystem(next, placed, body);
    return this.#decideTransaction(next, placed, body, how);
  }

  #decideSystem(next: ViewMemory, placed: PlacedRecord, body: SystemBody): Outcome {
    if (this.store.tenantId !== SYSTEM_TENANT_ID) {
      throw new Error(`a record ${body.kind} outside the catalog's tenant`);
    }
    // Who remembers tenants or keys need not look again for what is only noted.
    if (body.kind !== "audit_event") next.membership += 1;
    return applySystem(this.#system, body, placed);
  }

  #decideTransaction(
    next: ViewMemory,
    placed: PlacedRecord,
    transaction: Transaction,
    how: Deciding,
  ): Outcome {
    const { offset, logTime, record } = placed;
    const { actor, credential, roles, rulesVersion } = record;
    const author = { offset, logTime, actor, roles, rulesVersion };
    const scope = new TransactionScope(this.#graph, next.registry, author, how);
    for (const [proposed, existing] of how.forced?.replaced ?? []) {
      scope.replace(proposed, existing);
    }
    const db = this.store.writeConnection;
    const outcome = how.forced?.outcome ?? decideTransaction(db, scope, transaction);
    if (how.isBuilt && outcome.state === "rejected") {
      throw new BuildRefused(outcome, scope.replaced);
    }
    const schemaChanged = outcome.state === "applied" && scope.registry !== next.registry;
    if (outcome.state === "applied") {
      next.registry = scope.registry;
      if (scope.membershipTouched) next.membership += 1;
    }
    const by = { tenantId: this.store.tenantId, credential };
    writeAuditRows(scope, by, transaction, { outcome, schemaChanged });
    return outcome;
  }

  #trimChanges(next: ViewMemory, logTime: number): void {
    if (logTime < next.changesDueAt) return;
    next.changesDueAt = trimChanges(this.#changes, this.#changeWriter, logTime);
  }

  #expireKeys(next: ViewMemory, logTime: number): void {
    if (logTime < next.nextExpiry + EXPIRY_STEP_MS) return;
    this.#eventWriter.expire(logTime);
    next.nextExpiry = this.#events.firstExpiry();
  }
}

interface ViewMemory {
  appliedOffset: number;
  digest: Uint8Array;
  registry: SchemaRegistry;
  /** Log time at which the next key expires. */
  nextExpiry: number;
  /** Log time before which no change is cleared away. */
  changesDueAt: number;
  /** Grows with every change of members, roles, groups or settings; in `_system`, of tenants and keys. */
  membership: number;
  /** How far a schema has been brought to the rows that are there; undefined: none is on its way. */
  build: BuildState | undefined;
}
