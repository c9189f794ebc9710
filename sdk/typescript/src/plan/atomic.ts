/**
 * Sends a plan. The key is made once and kept over all tries, so that the transaction happens
 * once however often it is sent. The types behind it are named by their fingerprint, and sent
 * along when the server asks for them.
 */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { newIdempotencyKey } from "../calls/request-ids.ts";
import type { Session, WriteOptions } from "../client/session.ts";
import type { EntDBError } from "../errors/entdb-error.ts";
import { InvalidArgumentError } from "../errors/refusals.ts";
import { appendedOf } from "../events/wire.ts";
import {
  type ExecuteAtomicRequest,
  type ExecuteAtomicRequestSchema,
  type ExecuteAtomicResponse,
  type OperationResult,
  WaitMode,
} from "../gen/entdb/v1/entdb_service_pb.ts";
import { chosen } from "../values/choice.ts";
import type { EdgeId, NodeId } from "../values/ids.ts";
import { type PositionToken, tokenText } from "../values/positions.ts";
import { safeNumber } from "../values/value.ts";
import { Plan } from "./plan.ts";
import { type OperationOutcome, type Resolved, requireOf, resolve } from "./planned.ts";

/** What a transaction can be told. */
export interface AtomicOptions extends WriteOptions {
  /**
   * "applied": answer when the outcome is known and can be read. "durable": as soon as the log
   * has it, with ids and position, without versions. Defaults to "applied".
   */
  readonly wait?: "applied" | "durable";
}

/** One place where the tenant's definition stayed though the client's differs. */
export interface SchemaDifference {
  readonly path: string;
  readonly kept: string;
  readonly sent: string;
}

/** What became of a transaction. */
export interface AtomicResult<R> {
  /** What the plan returned, with an outcome in the place of each operation. */
  readonly results: Resolved<R>;
  /** The outcome of every operation, in their order. */
  readonly operations: readonly OperationOutcome[];
  /** Hand it to a read of another client to read this write there. */
  readonly position: PositionToken;
  /** For people: "0:12345". */
  readonly walPosition: string;
  /** False when the transaction was only waited for until it was durable. */
  readonly applied: boolean;
  readonly idempotencyKey: string;
  /** Where the server kept its own definition of a type that was sent along. */
  readonly schemaDifferences: readonly SchemaDifference[];
}

type Request = Exclude<MessageInitShape<typeof ExecuteAtomicRequestSchema>, ExecuteAtomicRequest>;

const MAX_KEY_BYTES = 256;
const WAIT_MODES = { applied: WaitMode.APPLIED, durable: WaitMode.DURABLE } as const;

/** Builds the plan and carries it out. Throws {@link EntDBError}, and whatever `build` throws. */
export async function atomic<R>(
  session: Session,
  build: (plan: Plan) => R,
  options: AtomicOptions,
): Promise<AtomicResult<R>> {
  const plan = new Plan((type, sort) => session.schema.require(type, sort));
  const returned = build(plan);
  if (isThenable(returned)) throw asynchronousPlan(returned);
  requireOf(plan, returned);
  const { operations, registersSchema } = plan["~operations"]();
  const request: Request = {
    context: session.identity,
    idempotencyKey: checkedKey(options.idempotencyKey) ?? newIdempotencyKey(),
    operations,
    wait: chosen(WAIT_MODES, options.wait ?? "applied", "wait"),
    // A transaction that changes the schema says itself what it is to be.
    schemaFingerprint: registersSchema ? "" : session.schema.fingerprint,
  };
  const response = await sendWithTypes(session, request, options);
  session.positions.note(session.identity.tenantId, response.positionToken, response.walPosition);
  const outcomes = response.results.map((result) => outcomeOf(result, response.applied));
  return {
    results: resolve(returned, outcomes) as Resolved<R>,
    operations: outcomes,
    position: tokenText(response.positionToken),
    walPosition: response.walPosition,
    applied: response.applied,
    idempotencyKey: response.idempotencyKey,
    schemaDifferences: response.schemaDifferences,
  };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value;
}

/** What it would add after its first await would be left out without a word. */
function asynchronousPlan(returned: PromiseLike<unknown>): InvalidArgumentError {
  returned.then(undefined, () => undefined);
  return new InvalidArgumentError({
    reason: "INVALID_REQUEST",
    message: "The plan's function is asynchronous.",
    hint: "Await what it needs before `atomic`, and build the plan at once.",
  });
}

/** Sends the types along when, and only when, the server says that it does not know them. */
function sendWithTypes(
  session: Session,
  request: Request,
  options: AtomicOptions,
): Promise<ExecuteAtomicResponse> {
  const { caller, rpc, schema } = session;
  let sent = request;
  const amend = (error: EntDBError) => {
    if (error.reason !== "SCHEMA_UNKNOWN" || sent !== request) return false;
    sent = { ...request, schema: schema.wire };
    return true;
  };
  return caller.call((stub) => rpc.executeAtomic(sent, stub), "safe", options, amend);
}

/** Throws {@link InvalidArgumentError} for a key that the server would not take. */
export function checkedKey(key: string | undefined): string | undefined {
  if (key === undefined) return undefined;
  const bytes = new TextEncoder().encode(String(key)).length;
  if (typeof key === "string" && bytes >= 1 && bytes <= MAX_KEY_BYTES && key.isWellFormed()) {
    return key;
  }
  throw new InvalidArgumentError({
    reason: "INVALID_IDEMPOTENCY_KEY",
    message: `The idempotency key has ${bytes} bytes; it may have 1 to ${MAX_KEY_BYTES}.`,
    hint: "Use a short unique text, or leave it out to be given one.",
  });
}

/** One operation's result, as programs see it. */
export function outcomeOf(result: OperationResult, applied: boolean): OperationOutcome {
  return {
    alias: result.alias,
    nodeId: result.nodeId === "" ? undefined : (result.nodeId as NodeId),
    edgeId: result.edgeId === "" ? undefined : (result.edgeId as EdgeId),
    version: applied && result.version > 0n ? safeNumber(result.version, "version") : undefined,
    created: result.created,
    appended: result.append === undefined ? undefined : appendedOf(result.append),
  };
}
