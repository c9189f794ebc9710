/** What one check of `entdb doctor` came to. */
import { messageOf } from "../../base/errors.ts";
export interface Finding {
  /** What was looked at: "log", "free space". */
  readonly check: string;
  /** `warn`: it works, but not well or not for long. `fail`: a server here would not start, or not be durable. */
  readonly state: "ok" | "warn" | "fail";
  readonly finding: string;
  /** What to do; empty when nothing is. */
  readonly advice: string;
}

export function ok(check: string, finding: string): Finding {
  return { check, state: "ok", finding, advice: "" };
}

export function warn(check: string, finding: string, advice: string): Finding {
  return { check, state: "warn", finding, advice };
}

export function fail(check: string, finding: string, advice: string): Finding {
  return { check, state: "fail", finding, advice };
}

/** An error's own sentence and hint as a finding. */
export function failed(check: string, error: unknown): Finding {
  const message = messageOf(error);
  const hint = error instanceof Error && "hint" in error ? error.hint : undefined;
  return fail(check, message, typeof hint === "string" ? hint : "");
}
