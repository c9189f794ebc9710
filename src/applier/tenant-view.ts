import { must } from "../base/assert.ts";
import { ByteWriter } from "../base/bytes.ts";
import { EntError } from "../base/errors.ts";
import { sha256 } from "../base/sha256.ts";
import type { LoggedRecord } from "../record/codec.ts";
import { type DecidedOutcome, keyReused, type Outcome } from "../record/outcome.ts";
import { encodeDecision, encodeWording } from "../record/outcome-codec.ts";
import { SYSTEM_TENANT_ID, type SystemBody, type Transaction } from "../record/transaction.ts";
import { SchemaRegistry } from "../schema/registry.ts";
import { decodeSchemaText } from "../schema/schema-json.ts";
import { EMPTY_SCHEMA } from "../schema/types.ts";
import { AppliedEventReader } from "../store/reader/applied-event-reader.ts";
import { ChangeReader } from "../store/reader/change-reader.ts";
import { SchemaReader } from "../store/reader/schema-reader.ts";
import type { TenantStore } from "../store/tenant-store.ts";
import { prepareAdvance, readViewState } from "../store/view-state.ts";
import { AppliedEventWriter } from "../store/writer/applied-event-writer.ts";
import { ChangeWriter } from "../store/writer/change-writer.ts";
import { applySystem, SystemStatements } from "./apply-system.ts";
import { applyTransaction } from "./apply-transaction.ts";
import { writeAuditRows } from "./audit-rows.ts";
import { changesDueAt, dueAt, trimChanges } from "./change-rows.ts";
import { GraphStatements, TransactionScope } from "./scope.ts";

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
  #committed: ViewMemory;

  constructor(store: TenantStore) {
    const db = store.writeConnection;
    this.store = store;
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
   */
  apply(records: readonly PlacedRecord[]): AppliedRecord[] {
    const fresh = records.filter((placed) => placed.offset > this.#committed.appliedOffset);
    const last = fresh.at(-1);
    if (last === undefined) return [];
    const db = this.store.writeConnection;
    const next: ViewMemory = { ...this.#committed };
    const applied: AppliedRecord[] = [];
    db.run("BEGIN IMMEDIATE");
    try {
      for (const placed of fresh) applied.push(this.#applyOne(next, placed));
      this.#advance.run(last.offset, last.logTime, next.digest);
      db.run("COMMIT");
    } catch (error) {
      // SQLite has rolled back by itself after a full disk or an I/O error.
      if (db.inTransaction) db.run("ROLLBACK");
      this.#graph.standings.forget();
      throw error;
    }
    if (next.membership !== this.#committed.membership) this.store.membershipChanged();
    if (next.registry !== this.#committed.registry) this.store.schemaChanged();
    if (this.#graph.mailboxOutbox.takeWritten()) this.store.mailbox.setNews(true);
    this.#committed = next;
    return applied;
  }

  #applyOne(next: ViewMemory, placed: PlacedRecord): AppliedRecord {
    const { offset, logTime, record } = placed;
    this.#expireKeys(next, logTime);
    this.#trimChanges(next, logTime);
    next.appliedOffset = offset;
    const remembered = this.#events.find(record.idempotencyKey);
    if (remembered !== undefined) {
      const repeated = Buffer.compare(remembered.requestHash, record.requestHash) === 0;
      const outcome = repeated ? remembered.outcome : rejection(keyReused(record.idempotencyKey));
      next.digest = digest(next.digest, offset, encodeDecision(outcome));
      return repeated
        ? { offset, decided: remembered }
        : { offset, decided: { outcome, offset, appliedAt: logTime } };
    }
    const outcome = this.#decide(next, placed);
    next.changesDueAt = Math.min(next.changesDueAt, dueAt(logTime));
    const result = encodeDecision(outcome);
    next.digest = digest(next.digest, offset, result);
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

  #decide(next: ViewMemory, placed: PlacedRecord): Outcome {
    const body = placed.record.decodeBody();
    if (body.kind !== "transaction") return this.#decideSystem(next, placed, body);
    return this.#decideTransaction(next, placed, body);
  }

  #decideSystem(next: ViewMemory, placed: PlacedRecord, body: SystemBody): Outcome {
    if (this.store.tenantId !== SYSTEM_TENANT_ID) {
      throw new Error(`a record ${body.kind} outside the catalog's tenant`);
    }
    // Who remembers tenants or keys need not look again for what is only noted.
    if (body.kind !== "audit_event") next.membership += 1;
    return applySystem(this.#system, body, placed);
  }

  #decideTransaction(next: ViewMemory, placed: PlacedRecord, transaction: Transaction): Outcome {
    const { offset, logTime, record } = placed;
    const { actor, credential, roles, rulesVersion } = record;
    const author = { offset, logTime, actor, roles, rulesVersion };
    const scope = new TransactionScope(this.#graph, next.registry, author);
    const outcome = this.#runTransaction(scope, transaction);
    const applied = outcome.state === "applied";
    const schemaChanged = applied && scope.registry !== next.registry;
    if (applied) next.registry = scope.registry;
    if (scope.membershipTouched) {
      if (applied) next.membership += 1;
      else this.#graph.standings.forget();
    }
    const audited = { tenantId: this.store.tenantId, offset, logTime, actor, credential };
    const resolve = (id: string) => scope.resolve(id);
    const decided = { outcome, schemaChanged, resolve };
    writeAuditRows(this.#graph.auditWriter, audited, transaction, decided);
    return outcome;
  }

  #runTransaction(scope: TransactionScope, transaction: Transaction): Outcome {
    const db = this.store.writeConnection;
    // One operation checks everything before it writes; only several need a way back.
    const several = transaction.operations.length > 1 || transaction.attachedSchema !== undefined;
    if (several) db.run("SAVEPOINT record");
    try {
      const { results, schemaDifferences } = applyTransaction(scope, transaction);
      if (several) db.run("RELEASE record");
      return { state: "applied", results, schemaDifferences };
    } catch (error) {
      if (!(error instanceof EntError)) throw error;
      if (several) db.run("ROLLBACK TO record; RELEASE record");
      return rejection(error);
    }
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
}

const digested = new ByteWriter(256);

/** H(previous, offset, decision): two replays that come to the same digest came to the same outcomes. */
function digest(previous: Uint8Array, offset: number, decision: Uint8Array): Uint8Array {
  digested.reset();
  digested.raw(previous);
  digested.i64(BigInt(offset));
  digested.raw(decision);
  return sha256(digested.peek());
}

function rejection(error: EntError): Outcome {
  const { code, reason, message, hint, details } = error;
  return { state: "rejected", code, reason, message, hint: hint ?? "", details };
}
