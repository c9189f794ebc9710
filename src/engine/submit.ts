/**
 * The write path up to the log, and the wait for what becomes of it: check, hash, append,
 * and answer when the record is durable or applied. Nothing here touches a view.
 */

import { beforeAbort } from "../base/abortable.ts";
import { must } from "../base/assert.ts";
import type { CancelSignal } from "../base/cancel-signal.ts";
import type { Clock } from "../base/clock.ts";
import { EntError } from "../base/errors.ts";
import { makeEdgeId, makeEventId, makeNodeId } from "../base/ids.ts";
import type { Random } from "../base/random.ts";
import type { Caller } from "../record/caller.ts";
import { encodeRecord } from "../record/codec.ts";
import type { AppendEvents, AppendResult } from "../record/event.ts";
import { type AppliedOutcome, type DecidedOutcome, keyReused } from "../record/outcome.ts";
import { requireReplaceAlone } from "../record/replace-alone.ts";
import { RULES_VERSION, type TransactionRecord } from "../record/transaction.ts";
import { parseSchema } from "../schema/parse-schema.ts";
import type { Schema } from "../schema/types.ts";
import type { Applied } from "../store/applied.ts";
import type { CatalogEntry } from "../store/reader/catalog-reader.ts";
import type { Gate } from "../tenant/gate.ts";
import { formatPosition } from "../wal/position.ts";
import { type Appended, RECORD_TYPE, type Wal } from "../wal/wal.ts";
import { type CheckedTransaction, checkTransaction, type IdMaker } from "./check-transaction.ts";
import type { TransactionReceipt, TransactionRequest } from "./engine.ts";
import { tokenOf } from "./freshness.ts";
import type { Flight, InFlightKeys } from "./in-flight.ts";
import type { OpenViews } from "./open-views.ts";
import { checkKey, knownIds, withAlias } from "./receipts.ts";
import { requestHash } from "./request-hash.ts";

export interface SubmitDeps {
  readonly wal: Wal;
  readonly applied: Applied;
  readonly views: OpenViews;
  readonly gate: Gate;
  readonly inFlight: InFlightKeys;
  readonly clock: Clock;
  readonly random: Random;
}

/** A transaction that has passed every check that comes before the append. */
interface Prepared {
  readonly caller: Caller;
  readonly entry: CatalogEntry;
  readonly request: TransactionRequest;
  readonly checked: CheckedTransaction;
  readonly idempotencyKey: string;
  readonly serverMadeKey: boolean;
  readonly hash: Uint8Array;
  readonly attachedSchema: Schema | undefined;
}

/** What differs between records of one caller. */
type RecordParts = Pick<
  TransactionRecord,
  "idempotencyKey" | "serverMadeKey" | "requestHash" | "body"
>;

const WITHOUT_KEY = { idempotencyKey: "", serverMadeKey: false, requestHash: new Uint8Array(0) };

/** Executes transactions, whatever face they came by. */
export class Submit {
  readonly #deps: SubmitDeps;
  readonly #ids: IdMaker;

  constructor(deps: SubmitDeps) {
    this.#deps = deps;
    const { clock, random } = deps;
    this.#ids = {
      nodeId: () => makeNodeId(random, clock.now()),
      edgeId: () => makeEdgeId(random, clock.now()),
      eventId: () => makeEventId(random, clock.now()),
    };
  }

  async execute(
    caller: Caller,
    request: TransactionRequest,
    signal: CancelSignal,
  ): Promise<TransactionReceipt> {
    const preparing = this.#prepare(caller, request, signal);
    // Nothing to wait for, as a rule, and then no turn is taken.
    const prepared = preparing instanceof Promise ? await preparing : preparing;
    if (signal.aborted) throw signal.reason;
    const flight = this.#begin(prepared);
    let appending: Promise<Appended> | undefined;
    try {
      const repeated = await this.#findRepeated(prepared, flight, signal);
      if (repeated !== undefined) return this.#receipt(prepared, repeated);
      appending = this.#append(prepared);
      const appended = await beforeAbort(appending, signal);
      if (request.wait === "durable") return this.#durableReceipt(prepared, appended);
      const { tenantId } = caller;
      const remembered = () => this.#remembered(prepared);
      const decided = await this.#outcome(tenantId, appended, signal, remembered);
      flight?.end();
      return this.#receipt(prepared, decided);
    } finally {
      this.#endOnceApplied(prepared, flight, appending);
    }
  }

  /**
   * Appends events that are known by their content, and answers after they are applied. The
   * operation has been checked. A repetition is found at apply, so that it too goes to the log.
   */
  async appendEvents(
    caller: Caller,
    operation: AppendEvents,
    signal: CancelSignal,
  ): Promise<AppendResult> {
    const { tenantId } = caller;
    const admitted = this.#deps.gate.admitWrite(tenantId, signal);
    const entry = admitted instanceof Promise ? await admitted : admitted;
    if (signal.aborted) throw signal.reason;
    const operations = [operation];
    const appending = this.#appendRecord(caller, entry, {
      ...WITHOUT_KEY,
      body: { kind: "transaction", operations, attachedSchema: undefined },
    });
    const appended = await beforeAbort(appending, signal);
    const decided = await this.#outcome(tenantId, appended, signal, () => undefined);
    const { outcome, offset } = decided;
    if (outcome.state === "rejected") throw this.#rejected(outcome, offset);
    return must(outcome.results[0]?.append, "an append has a result");
  }

  /** A key that its caller cannot know before the outcome does need not be found on its way. */
  #begin(prepared: Prepared): Flight | undefined {
    const { caller, request, serverMadeKey, idempotencyKey } = prepared;
    if (serverMadeKey && request.wait === "applied") return undefined;
    return this.#deps.inFlight.begin(caller.tenantId, idempotencyKey, caller.actor);
  }

  /** A transaction whose caller has gone is under way until the view knows it. */
  #endOnceApplied(
    prepared: Prepared,
    flight: Flight | undefined,
    appending: Promise<Appended> | undefined,
  ): void {
    if (flight === undefined || flight.ended) return;
    const end = () => flight.end();
    if (appending === undefined) return end();
    const { tenantId } = prepared.caller;
    appending.then(({ offset }) => this.#deps.applied.whenApplied(tenantId, offset, end), end);
  }

  #prepare(
    caller: Caller,
    request: TransactionRequest,
    signal: CancelSignal,
  ): Prepared | Promise<Prepared> {
    checkKey(request.idempotencyKey);
    const asker = { actor: caller.actor, log: this.#deps.wal };
    const { operations, operationsField } = request;
    const checked = checkTransaction(operations, this.#ids, asker, operationsField);
    const attached = request.schema && parseSchema(request.schema);
    requireReplaceAlone(request.operations, attached);
    const admitted = this.#deps.gate.admitWrite(caller.tenantId, signal);
    const prepared = (entry: CatalogEntry): Prepared => {
      const serverMadeKey = request.idempotencyKey === "";
      return {
        caller,
        entry,
        request,
        checked,
        serverMadeKey,
        idempotencyKey: serverMadeKey ? this.#makeKey() : request.idempotencyKey,
        hash: requestHash(caller.actor, checked.sent),
        attachedSchema: this.#schemaToAttach(caller.tenantId, request.schemaFingerprint, attached),
      };
    };
    return admitted instanceof Promise ? admitted.then(prepared) : prepared(admitted);
  }

  /** Types go into the record only when the tenant does not know their fingerprint yet. */
  #schemaToAttach(
    tenantId: string,
    fingerprint: string,
    schema: Schema | undefined,
  ): Schema | undefined {
    if (fingerprint === "") return schema;
    if (this.#deps.views.open(tenantId).reads.schemas.knows(fingerprint)) return undefined;
    if (schema !== undefined) return schema;
    throw new EntError({
      code: "failed_precondition",
      reason: "SCHEMA_UNKNOWN",
      message: "The tenant does not know the schema with this fingerprint.",
      hint: "Send the types along in the same request, or register the schema first.",
      details: { fingerprint: fingerprint.slice(0, 80) },
    });
  }

  #makeKey(): string {
    return `srv-${Buffer.from(this.#deps.random.uuidv7(this.#deps.clock.now())).toString("hex")}`;
  }

  #append(prepared: Prepared): Promise<Appended> {
    const { caller, entry, checked, attachedSchema } = prepared;
    return this.#appendRecord(caller, entry, {
      idempotencyKey: prepared.idempotencyKey,
      serverMadeKey: prepared.serverMadeKey,
      requestHash: prepared.hash,
      body: { kind: "transaction", operations: checked.resolved, attachedSchema },
    });
  }

  #appendRecord(caller: Caller, entry: CatalogEntry, parts: RecordParts): Promise<Appended> {
    const { tenantId, actor, roles, credential } = caller;
    const { incarnation } = entry;
    const envelope = { rulesVersion: RULES_VERSION, tenantId, incarnation, actor, roles };
    const body = encodeRecord({ ...envelope, ...parts, credential });
    return this.#deps.wal.append(RECORD_TYPE.record, body);
  }

  /**
   * With wait `durable` the answer's ids must be those of the first request with the key,
   * so a repetition waits for what became of that one instead of being appended.
   */
  async #findRepeated(
    prepared: Prepared,
    flight: Flight | undefined,
    signal: CancelSignal,
  ): Promise<DecidedOutcome | undefined> {
    if (prepared.request.wait === "applied" || prepared.serverMadeKey) return undefined;
    for (let earlier = flight?.earlier(); earlier !== undefined; earlier = flight?.earlier()) {
      await beforeAbort(earlier, signal);
    }
    return this.#remembered(prepared);
  }

  /** What the view remembers of the request. Throws IDEMPOTENCY_KEY_REUSED when its key was another's. */
  #remembered({ caller, idempotencyKey, hash }: Prepared): DecidedOutcome | undefined {
    const { appliedEvents } = this.#deps.views.open(caller.tenantId).reads;
    const remembered = appliedEvents.find(idempotencyKey);
    if (remembered === undefined) return undefined;
    if (Buffer.compare(remembered.requestHash, hash) === 0) return remembered;
    throw keyReused(idempotencyKey);
  }

  async #outcome(
    tenantId: string,
    appended: Appended,
    signal: CancelSignal,
    findRemembered: () => DecidedOutcome | undefined,
  ): Promise<DecidedOutcome> {
    try {
      const decided = await this.#deps.applied.waitForOutcome(tenantId, appended.offset, signal);
      if (decided !== undefined) return decided;
    } catch (error) {
      throw this.#notAppliedYet(error, appended);
    }
    const remembered = findRemembered();
    if (remembered !== undefined) return remembered;
    throw new EntError({
      code: "unknown",
      reason: "OUTCOME_UNKNOWN",
      message: "The transaction is in the log, but its outcome could not be read.",
      hint: "Send the same request again, with the same idempotency key if it had one: it is done once.",
      details: { wal_position: this.#positionOf(appended.offset) },
      retryable: true,
    });
  }

  /** The wait ended before the outcome was known: what was asked for is in the log and will be applied. */
  #notAppliedYet(error: unknown, appended: Appended): unknown {
    // A tenant that was deleted meanwhile takes the record with it.
    if (!(error instanceof EntError) || error.reason === "TENANT_NOT_FOUND") return error;
    return new EntError({
      code: error.code,
      reason: error.reason,
      message: `The transaction is durable, but was not applied yet: ${error.message}`,
      hint: "Send the same request with the same idempotency key, or ask with GetReceipt.",
      details: { ...error.details, wal_position: this.#positionOf(appended.offset) },
      retryable: error.reason !== "TENANT_HALTED",
      cause: error,
    });
  }

  #receipt(prepared: Prepared, decided: DecidedOutcome): TransactionReceipt {
    const { outcome, offset } = decided;
    if (outcome.state === "rejected") throw this.#rejected(outcome, offset);
    const { operations } = prepared.request;
    return {
      results: outcome.results.map((result, i) => withAlias(result, operations[i])),
      positionToken: tokenOf(this.#deps.wal, offset),
      walPosition: this.#positionOf(offset),
      applied: true,
      idempotencyKey: prepared.idempotencyKey,
      schemaDifferences: (outcome as AppliedOutcome).schemaDifferences,
    };
  }

  #durableReceipt(prepared: Prepared, appended: Appended): TransactionReceipt {
    const { operations } = prepared.request;
    return {
      results: prepared.checked.resolved.map((operation, i) =>
        withAlias(knownIds(operation), operations[i]),
      ),
      positionToken: tokenOf(this.#deps.wal, appended.offset),
      walPosition: this.#positionOf(appended.offset),
      applied: false,
      idempotencyKey: prepared.idempotencyKey,
      schemaDifferences: [],
    };
  }

  #rejected(outcome: DecidedOutcome["outcome"] & { state: "rejected" }, offset: number): EntError {
    const { code, reason, message, hint, details } = outcome;
    const where = { ...details, wal_position: this.#positionOf(offset) };
    return new EntError({ code, reason, message, hint, details: where });
  }

  #positionOf(offset: number): string {
    return formatPosition({ partition: this.#deps.wal.partition, offset });
  }
}
