import { keyReused, type Outcome } from "../record/outcome.ts";
import { encodeDecision, encodeWording } from "../record/outcome-codec.ts";
import { SYSTEM_TENANT_ID, type SystemBody, type Transaction } from "../record/transaction.ts";
import type { SchemaRegistry } from "../schema/registry.ts";
import { AppliedEventReader } from "../store/reader/applied-event-reader.ts";
import type { BuildState } from "../store/reader/build-reader.ts";
import { ChangeReader } from "../store/reader/change-reader.ts";
import type { TenantStore } from "../store/tenant-store.ts";
import { AppliedEventWriter } from "../store/writer/applied-event-writer.ts";
import { ChangeWriter } from "../store/writer/change-writer.ts";
import { applySystem, SystemStatements } from "./apply-system.ts";
import { decideTransaction } from "./apply-transaction.ts";
import { writeAuditRows } from "./audit-rows.ts";
import { BuildRefused } from "./build-plan.ts";
import { changesDueAt, dueAt, trimChanges } from "./change-rows.ts";
import { chainDigest } from "./outcome-digest.ts";
import type { AppliedRecord, PlacedRecord } from "./placed-record.ts";
import { rejectionOf } from "./rejection.ts";
import { type Building, type GraphStatements, TransactionScope } from "./scope.ts";

/** What is held in memory of a view. */
export interface ViewMemory {
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

/** How a record is decided. */
export interface Deciding extends Building {
  /** The outcome is known already, and nothing is to be done. */
  readonly forced?: { readonly outcome: Outcome; readonly replaced: BuildState["replaced"] };
}

const SERVER_KEY_LIFE_MS = 24 * 60 * 60 * 1000;
/** Expired keys are cleared at most this often, so that a busy tenant does not delete one row with each write. */
const EXPIRY_STEP_MS = 60_000;

/**
 * What a record comes to, in the transaction that is open on the connection: deduplication, effects,
 * audit, the remembered outcome. From the record and the file alone.
 */
export class RecordDecisions {
  readonly #tenantId: string;
  readonly #db: TenantStore["writeConnection"];
  readonly #graph: GraphStatements;
  readonly #events: AppliedEventReader;
  readonly #eventWriter: AppliedEventWriter;
  readonly #changes: ChangeReader;
  readonly #changeWriter: ChangeWriter;
  readonly #system: SystemStatements;

  constructor(tenantId: string, db: TenantStore["writeConnection"], graph: GraphStatements) {
    this.#tenantId = tenantId;
    this.#db = db;
    this.#graph = graph;
    this.#events = new AppliedEventReader(db);
    this.#eventWriter = new AppliedEventWriter(db);
    this.#changes = new ChangeReader(db);
    this.#changeWriter = new ChangeWriter(db);
    this.#system = new SystemStatements(db);
  }

  /** When something in the file is next due to be cleared away. */
  due(): Pick<ViewMemory, "nextExpiry" | "changesDueAt"> {
    return {
      nextExpiry: this.#events.firstExpiry(),
      changesDueAt: changesDueAt(this.#changes),
    };
  }

  /** Decides the record, does what it asks for, and remembers that under its key; `next` becomes what is true then. */
  apply(next: ViewMemory, placed: PlacedRecord, how: Deciding): AppliedRecord {
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
    if (this.#tenantId !== SYSTEM_TENANT_ID) {
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
    const outcome = how.forced?.outcome ?? decideTransaction(this.#db, scope, transaction);
    if (how.isBuilt && outcome.state === "rejected") {
      throw new BuildRefused(outcome, scope.replaced);
    }
    const schemaChanged = outcome.state === "applied" && scope.registry !== next.registry;
    if (outcome.state === "applied") {
      next.registry = scope.registry;
      if (scope.membershipTouched) next.membership += 1;
    }
    const by = { tenantId: this.#tenantId, credential };
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
