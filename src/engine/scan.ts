import type { CancelSignal } from "../base/cancel-signal.ts";
import type { Caller } from "../record/caller.ts";
import type { Viewer } from "../record/viewer.ts";
import type { SchemaRegistry } from "../schema/registry.ts";
import type { ReadWorkers } from "../store/reader/read-workers.ts";
import type { TenantStore } from "../store/tenant-store.ts";

/** What a query or a search of one caller reads with: at most `scanRows` rows are looked at. */
export interface Scan {
  readonly caller: Caller;
  readonly viewer: Viewer;
  readonly store: TenantStore;
  readonly registry: SchemaRegistry;
  readonly workers: ReadWorkers;
  readonly scanRows: number;
  readonly signal: CancelSignal;
}
