import { assert, must } from "../base/assert.ts";
import { SchemaRegistry } from "../schema/registry.ts";
import { decodeSchemaText } from "../schema/schema-json.ts";
import { EMPTY_SCHEMA } from "../schema/types.ts";
import { ALL_ROWS, BuildReader, type BuildState } from "../store/reader/build-reader.ts";
import { SchemaReader } from "../store/reader/schema-reader.ts";
import type { TenantStore } from "../store/tenant-store.ts";
import { prepareAdvance, readViewState } from "../store/view-state.ts";
import { BuildWriter } from "../store/writer/build-writer.ts";
import type { Slice } from "./build-pass.ts";
import { BuildNeeded, type BuildPlan, BuildRefused } from "./build-plan.ts";
import type { AppliedRecord, PlacedRecord } from "./placed-record.ts";
import { RecordDecisions, type ViewMemory } from "./record-decisions.ts";
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
import { type Building, GraphStatements } from "./scope.ts";
import { ViewTransaction } from "./view-transaction.ts";

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

const GOES_ON: BuiltSlice = { applied: [], isDone: false };

/** A schema is brought to so many rows inside its record's own transaction; to more in slices. */
const ROWS_AT_ONCE = 256;
/** Not even a plan that looks at none. */
const NO_ROWS = -1;

/** A transaction is committed when it holds so many records, at the latest. */
const HELD_RECORDS = 256;

/**
 * A tenant's view as the applier writes it. Effects, remembered outcome and position
 * are one SQLite transaction: after a crash the file says exactly how far it has come.
 * That transaction may stay open for records to come ({@link apply}); what reads the
 * file asks the store, which has it committed first.
 *
 * Invariants: what is held in memory here (schema, position, digest, next expiry) equals
 * what the connection that writes sees, and goes back with it. Schema and membership
 * are never changed in a transaction that stays open. No record is applied over one
 * that was lost.
 */
export class TenantView {
  readonly store: TenantStore;
  readonly #graph: GraphStatements;
  readonly #decisions: RecordDecisions;
  readonly #advance: ReturnType<typeof prepareAdvance>;
  readonly #buildWriter: BuildWriter;
  readonly #rowsAtOnce: number;
  readonly #open: ViewTransaction<ViewMemory>;
  #memory: ViewMemory;
  /** The first record that was applied and taken back again, until it is applied once more. */
  #lostFrom: number | undefined;
  /** Told when records that were applied are no longer, from which on, and why. */
  onLost: (offset: number, cause: unknown) => void = () => undefined;
  /** The plan of the build at this offset, for as long as the file is open. */
  #plan: { readonly offset: number; readonly plan: BuildPlan } | undefined;

  constructor(store: TenantStore, rowsAtOnce = ROWS_AT_ONCE) {
    const db = store.writeConnection;
    this.store = store;
    this.#rowsAtOnce = rowsAtOnce;
    this.#buildWriter = new BuildWriter(db);
    this.#graph = new GraphStatements(db);
    this.#decisions = new RecordDecisions(store.tenantId, db, this.#graph);
    this.#advance = prepareAdvance(db);
    this.#open = new ViewTransaction(db);
    store.commitHeld = () => this.#commitHeld();
    const state = must(readViewState(db), "an opened view says whose it is");
    const definition = new SchemaReader(db).findCurrent();
    this.#memory = {
      appliedOffset: state.appliedOffset,
      digest: state.outcomeDigest,
      registry: new SchemaRegistry(
        definition === undefined ? EMPTY_SCHEMA : decodeSchemaText(definition),
      ),
      ...this.#decisions.due(),
      membership: 0,
      build: new BuildReader(db).find(),
    };
  }

  /** Offset of the last record that was applied; -1: none. */
  get appliedOffset(): number {
    return this.#memory.appliedOffset;
  }

  get outcomeDigest(): Uint8Array {
    return this.#memory.digest;
  }

  /**
   * Applies records in their order, as one SQLite transaction, all or none. Records that
   * the view holds already are passed over: twice is once. What is thrown is trouble;
   * nothing of these records has then been applied.
   *
   * Stops where a schema must be brought to more rows than one transaction may touch:
   * `building` is that record's offset, and {@link buildSlice} goes on there.
   *
   * `mayHold`: the transaction may stay open behind them, as {@link isHeld} then says, until
   * somebody looks ({@link TenantStore.commitHeld}), or has others to apply.
   */
  apply(records: readonly PlacedRecord[], mayHold = false): AppliedRecords {
    const { build } = this.#memory;
    if (build?.phase === "clean") return { applied: [], building: build.position };
    const fresh = records.filter((placed) => placed.offset > this.#memory.appliedOffset);
    const [first] = fresh;
    if (first === undefined) return { applied: [], building: undefined };
    this.#requireNoGap(first);
    const result = this.#transaction(
      (memory) => {
        const applied: AppliedRecord[] = [];
        let next = memory;
        let last: PlacedRecord | undefined;
        for (const placed of fresh) {
          const after = { ...next };
          try {
            applied.push(this.#decisions.apply(after, placed, this.#buildingAt(placed.offset)));
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
      },
      mayHold ? fresh : [],
    );
    if (result.building !== undefined) this.#commitHeld();
    return result;
  }

  /** Whether records are applied that are not committed. */
  get isHeld(): boolean {
    return this.#open.held > 0;
  }

  /** Commits what is held open. Where that fails, whoever is told of what is lost has been told, and this throws why. */
  #commitHeld(): void {
    if (!this.isHeld) return;
    try {
      this.#commit();
    } catch (error) {
      this.#lose(this.#takeBack(), error);
      throw error;
    }
  }

  /**
   * Does one slice of what the schema of this record asks of the rows that are there, as one
   * SQLite transaction that also says how far it has come. The last but for cleaning decides
   * the record and moves the view on. Undefined `placed` only for cleaning, which needs none.
   */
  buildSlice(placed: PlacedRecord | undefined, slice: Slice): BuiltSlice {
    const { build } = this.#memory;
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
        const applied = this.#decisions.apply(next, record, how);
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
      const applied = this.#decisions.apply(next, record, {
        ...this.#buildingAt(record.offset),
        forced,
      });
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
    const isBegun = this.#memory.build?.position === offset;
    return { rowsAtOnce: isBegun ? NO_ROWS : this.#rowsAtOnce, isBuilt: false };
  }

  /** The plan, made once more when the file has been opened anew. */
  #planOf(record: PlacedRecord): BuildPlan {
    if (this.#plan?.offset !== record.offset) this.apply([record]);
    return must(this.#plan, "a build that has begun needs to go on").plan;
  }

  /** One SQLite transaction, or a part of the one that is held open; with `records` it may stay open. */
  #transaction<T>(
    work: (memory: ViewMemory) => { next: ViewMemory; result: T },
    records: readonly PlacedRecord[] = [],
  ): T {
    try {
      this.#open.begin(this.#memory);
      const { next, result } = work(this.#memory);
      const mailWritten = this.#graph.mailboxOutbox.takeWritten();
      if (!mailWritten && this.#mayStayOpen(next, records)) this.#open.hold(records);
      else this.#commit();
      this.#adopt(next, mailWritten);
      return result;
    } catch (error) {
      this.#applyAgain(this.#takeBack());
      throw error;
    }
  }

  #mayStayOpen(next: ViewMemory, records: readonly PlacedRecord[]): boolean {
    const { membership, registry, build } = this.#memory;
    const isQuiet =
      next.membership === membership && next.registry === registry && next.build === build;
    return isQuiet && records.length > 0 && this.#open.held + records.length < HELD_RECORDS;
  }

  #commit(): void {
    this.#graph.indexWriter.fieldRows.settle();
    this.#open.commit();
  }

  /** Leaves everything as it was when the transaction began. Answers with what was held in it from before. */
  #takeBack(): readonly PlacedRecord[] {
    const taken = this.#open.takeBack();
    this.#graph.forget();
    if (taken === undefined) return [];
    this.#memory = taken.before;
    return taken.held;
  }

  /** Their outcomes are known, and will be the same: who follows on them must not take them along. */
  #applyAgain(held: readonly PlacedRecord[]): void {
    if (held.length === 0) return;
    try {
      this.apply(held);
    } catch (error) {
      this.#lose(held, error);
    }
  }

  #lose([first]: readonly PlacedRecord[], cause: unknown): void {
    const { offset } = must(first, "only what was applied can be lost");
    this.#lostFrom = offset;
    this.onLost(offset, cause);
  }

  #requireNoGap({ offset }: PlacedRecord): void {
    const lost = this.#lostFrom;
    assert(lost === undefined || offset <= lost, "a lost record is applied before what follows it");
    this.#lostFrom = undefined;
  }

  #adopt(next: ViewMemory, mailWritten: boolean): void {
    if (next.membership !== this.#memory.membership) this.store.membershipChanged();
    // What readers may see also changes where a build begins and ends.
    const building = (memory: ViewMemory) => memory.build !== undefined;
    const began = building(next) !== building(this.#memory);
    if (began || next.registry !== this.#memory.registry) this.store.schemaChanged();
    if (mailWritten) this.store.mailbox.setNews(true);
    this.#memory = next;
  }
}
