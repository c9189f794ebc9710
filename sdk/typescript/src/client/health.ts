/** Whether the server is well. */
import type { CallOptions } from "../calls/caller.ts";
import { safeNumber } from "../values/value.ts";
import type { Session } from "./session.ts";

/** How the server says that it is. */
export interface Health {
  readonly status: "healthy" | "unhealthy";
  /** Parts of the server, and how each is. */
  readonly components: Readonly<Record<string, string>>;
  readonly applierLagMs: number;
  readonly version: string;
}

/** Asks the server how it is. */
export async function getHealth(session: Session, options: CallOptions): Promise<Health> {
  const { caller, rpc } = session;
  const answer = await caller.call((stub) => rpc.health({}, stub), "safe", options);
  return {
    status: answer.status === "healthy" ? "healthy" : "unhealthy",
    components: answer.components,
    applierLagMs: safeNumber(answer.applierLagMs, "lag"),
    version: answer.version,
  };
}
