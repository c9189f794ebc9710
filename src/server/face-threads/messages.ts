/** What the server says to its face threads besides what goes between a face and the engine (`link/`). */
import type { ErrorData } from "../../base/error-data.ts";
import type { Config } from "../../config/options.ts";
import type { TlsMaterial } from "../../face/tls.ts";
import type { LogFields } from "../../telemetry/log-format.ts";
import type { LogLevel } from "../../telemetry/logger.ts";
import type { CountedMetrics } from "../../telemetry/metrics.ts";
import type { LogIdentity } from "../../wal/position.ts";

/** What a thread starts with. */
export interface FaceThreadStart {
  /** With the ports that were really taken. */
  readonly config: Config;
  /** Which of the threads it is, from 0. */
  readonly thread: number;
  /** To the engine. */
  readonly port: MessagePort;
  readonly memory: SharedMemory;
  /** Of whose records the views are made. */
  readonly log: LogIdentity;
  /** The catalog's file. */
  readonly systemFile: string;
  readonly tls: TlsMaterial | undefined;
}

/** What all threads see at once. */
export interface SharedMemory {
  /** `face/counts.ts`. */
  readonly counts: SharedArrayBuffer;
  /** `tenant/shared-rate-buckets.ts`. */
  readonly rates: SharedArrayBuffer;
  /** Of the hashes by which buckets are found. */
  readonly ratesSeed: bigint;
  /** `store/view-board.ts`. */
  readonly views: SharedArrayBuffer;
  /** One 32-bit number: the version of the view of `_system`. */
  readonly systemVersion: SharedArrayBuffer;
}

export type ToFaceThread =
  | { readonly do: "start"; readonly start: FaceThreadStart }
  | { readonly do: "renew"; readonly tls: TlsMaterial }
  | { readonly do: "drain_metrics" }
  /** Asks for a sign of life. */
  | { readonly do: "ping" }
  | { readonly do: "stop" };

export type FromFaceThread =
  | {
      readonly did: "start";
      readonly urls: { readonly grpcUrl: string; readonly httpUrl: string };
    }
  | { readonly did: "fail"; readonly error: ErrorData }
  | { readonly did: "drain_metrics"; readonly counted: CountedMetrics }
  | { readonly did: "ping" }
  | { readonly did: "stop"; readonly counted: CountedMetrics }
  | {
      readonly did: "log";
      readonly level: LogLevel;
      readonly area: string;
      readonly message: string;
      /** Without the cause, which crosses as data. */
      readonly fields: LogFields;
      readonly cause: ErrorData | undefined;
    };
