import { EntError } from "../../base/errors.ts";

/** A read looked at as many rows as one may, and is refused rather than cut. */
export function scanBudgetSpent(scanRows: number, what: string): EntError {
  return new EntError({
    code: "failed_precondition",
    reason: "QUERY_NEEDS_INDEX",
    message: `Answering needs ${what} to look at more than ${scanRows} rows.`,
    hint: "Filter or order by an indexed field, or narrow the query.",
    details: { scan_rows_max: String(scanRows) },
  });
}
