/**
 * What face threads and the engine's thread say to each other about the engine. Everything
 * crosses as a structured clone: plain data only.
 */

import type { Asker } from "../access/audit-log.ts";
import type { Identity } from "../access/identity.ts";
import type { ErrorData } from "../base/error-data.ts";
import type { Soon } from "../base/soon.ts";
import type { Administration } from "../engine/administration.ts";
import type { Changes } from "../engine/changes.ts";
import type { Engine } from "../engine/engine.ts";
import type { EventStore } from "../engine/events.ts";
import type { Mailboxes } from "../engine/mailboxes.ts";
import type { Snapshots } from "../engine/snapshots.ts";
import type { PublishedView } from "../store/published-views.ts";

type MethodsOf<T> = {
  [K in keyof T]: T[K] extends (...asked: never[]) => unknown ? K : never;
}[keyof T] &
  string;

/** What a face needs besides the engine, and the engine's thread has. */
export interface Beside {
  /** As `Authenticator.identify`, with the client's address at hand. */
  identify(authorization: string, peer: string): Soon<Identity>;
  actedFor(asker: Asker): void;
  /** Of all threads. Rejects with ROUTE_NOT_FOUND when metrics are off. */
  metricsText(): Promise<string>;
  isReady(): Soon<boolean>;
  /** The engine's thread's. */
  monotonicMs(): number;
  /** Has a tenant's view be one that other threads may read. Undefined: not now. */
  publishView(tenantId: string): PublishedView | undefined;
}

/** What is asked and answered once: "execute", "mailboxes.list". */
export type CallName =
  | MethodsOf<Engine>
  | `mailboxes.${MethodsOf<Mailboxes>}`
  | `events.${Exclude<MethodsOf<EventStore>, "subscribe">}`
  | `administration.${MethodsOf<Administration>}`
  | `snapshots.${MethodsOf<Snapshots>}`
  | `beside.${MethodsOf<Beside>}`;

/** What is answered with one item after another. */
export type StreamName = `changes.${MethodsOf<Changes>}` | "events.subscribe";

/** Items of one stream that are under way or wait in the face thread; its client reads before more are asked for. */
export const STREAM_ITEMS_AHEAD = 4;

/** From a face thread. An id stands for one call or stream of that thread. */
export type ToEngine =
  | {
      readonly do: "call";
      readonly id: number;
      readonly name: CallName;
      readonly asked: readonly unknown[];
    }
  | {
      readonly do: "open";
      readonly id: number;
      readonly name: StreamName;
      readonly asked: readonly unknown[];
    }
  /** The client has read so many items more. */
  | { readonly do: "more"; readonly id: number; readonly items: number }
  /** The call's signal has aborted, for this reason; or nobody reads the stream any more. */
  | { readonly do: "cancel"; readonly id: number; readonly reason: ErrorData | undefined }
  /** What the work came to that an audited call is about; undefined: it went well. */
  | { readonly do: "settle"; readonly id: number; readonly failure: ErrorData | undefined };

/** To a face thread. */
export type FromEngine =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: ErrorData }
  | { readonly id: number; readonly item: unknown }
  | { readonly id: number; readonly ended: true };

/** A schema crosses once: afterwards its number alone does, for as long as it stands. */
export interface NumberedSchema {
  readonly schemaNumber: number;
}
