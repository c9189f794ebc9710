/** What became of a transaction, by its idempotency key. */
import { freshnessOf, type ReadOptions, readAnswer, type Session } from "../client/session.ts";
import { errorOf } from "../errors/by-reason.ts";
import type { EntDBError } from "../errors/entdb-error.ts";
import { type GetReceiptResponse, ReceiptState } from "../gen/entdb/v1/entdb_service_pb.ts";
import { type PositionToken, tokenText } from "../values/positions.ts";
import { outcomeOf } from "./atomic.ts";
import type { OperationOutcome } from "./planned.ts";

/** Nothing with this key is known; or it is in the log or on its way there. */
interface UndecidedReceipt {
  readonly state: "unknown" | "pending";
}

interface DecidedReceipt {
  readonly position: PositionToken;
  readonly walPosition: string;
  /** Log time. */
  readonly appliedAt: Date;
}

interface AppliedReceipt extends DecidedReceipt {
  readonly state: "applied";
  /** In the order of the operations. Aliases are not remembered. */
  readonly operations: readonly OperationOutcome[];
}

interface RejectedReceipt extends DecidedReceipt {
  readonly state: "rejected";
  /** The error that the call was answered with. */
  readonly error: EntDBError;
}

/** What is known of a transaction. */
export type Receipt = UndecidedReceipt | AppliedReceipt | RejectedReceipt;

/** What became of the transaction with this key. Only who sent it is told. */
export async function getReceipt(
  session: Session,
  idempotencyKey: string,
  options: ReadOptions,
): Promise<Receipt> {
  const request = {
    context: session.identity,
    idempotencyKey,
    read: freshnessOf(session, options),
  };
  const call = session.caller.call(
    (stub) => session.rpc.getReceipt(request, stub),
    "safe",
    options,
  );
  return receiptOf(await readAnswer(session, options, call));
}

function receiptOf(answer: GetReceiptResponse): Receipt {
  const decided = {
    position: tokenText(answer.positionToken),
    walPosition: answer.walPosition,
    appliedAt: new Date(Number(answer.appliedAt)),
  };
  switch (answer.state) {
    case ReceiptState.APPLIED: {
      const operations = answer.results.map((result) => outcomeOf(result, true));
      return { state: "applied", operations, ...decided };
    }
    case ReceiptState.REJECTED: {
      const { reason = "", message = "", hint, details } = answer.rejection ?? {};
      const error = errorOf({ code: "failed_precondition", reason, message, hint, details });
      return { state: "rejected", error, ...decided };
    }
    case ReceiptState.PENDING:
      return { state: "pending" };
    default:
      return { state: "unknown" };
  }
}
