import type { Authenticator } from "../access/authenticate.ts";
import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import type { Engine } from "../engine/engine.ts";
import type { CallCounts } from "../face/counts.ts";
import type { Pacer } from "../face/pace.ts";
import type { RequestMeter } from "./call-context.ts";
import type { FaultLog } from "./errors.ts";
import type { HttpPolicy } from "./listener/http-rules.ts";

/** What the composition root hands to the face. */
export interface RpcFaceOptions extends RpcServerOptions {
  readonly engine: Engine;
  /** Whether server reflection is served. Defaults to true. */
  readonly reflection?: boolean;
}

/** What any table of methods needs to be served. */
export interface RpcServerOptions {
  /** Asks whoever calls who they are. */
  readonly authenticator: Authenticator;
  /** Counts requests. Defaults to no limits. */
  readonly pacer?: Pacer;
  readonly meter: RequestMeter;
  readonly log: FaultLog;
  readonly clock: Clock;
  readonly random: Random;
  /** Defaults to localhost alone, and no origin but the server's own. */
  readonly policy?: HttpPolicy;
  /** Whether unary calls may take the thin path. Defaults to true; off, everything goes over connect-es. */
  readonly thin?: boolean;
  /** What the limits of calls are held against. Defaults to what is under way here. */
  readonly counts?: CallCounts | undefined;
  /** Limits that differ from the defaults. */
  readonly limits?: Partial<RpcLimits>;
}

/** The numbers of the face; `base/limits.ts` says what each means and gives the defaults. */
export interface RpcLimits {
  readonly messageBytes: number;
  readonly requestHeadBytes: number;
  readonly compressMinBytes: number;
  readonly callsInFlight: number;
  readonly bytesInFlight: number;
  readonly deadlineMs: number;
  readonly longDeadlineMs: number;
  readonly connections: number;
  readonly connectionsPerPeer: number;
  readonly concurrentStreams: number;
  readonly unreadBytes: number;
  readonly unreadBytesPerConnection: number;
  readonly requestHeadTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly answerTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

export const RPC_LIMITS: RpcLimits = limits;

/** Loopback, and pages that the server itself hands out. */
export const LOOPBACK_POLICY: HttpPolicy = { allowedHosts: [], allowedOrigins: [] };
