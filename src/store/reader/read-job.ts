import type { ErrorData } from "../../base/error-data.ts";
import type { Node } from "../../record/graph.ts";
import type { AggregateList, AggregateListWork } from "./aggregate-list.ts";
import type { EdgeList, EdgeListRequest } from "./edge-list.ts";
import type { EventScan, EventScanWork } from "./event-scan.ts";
import type { MailItem, MailSelection } from "./mailbox-reader.ts";
import type { MailHit, MailSearchWork } from "./mailbox-search.ts";
import type { QueryWork } from "./query-nodes.ts";
import type { FoundNode, SearchWork } from "./search-nodes.ts";
import type { ReachedNode, WalkRequest } from "./walk.ts";

/**
 * What the serving thread asks of a read worker, and what comes back. Everything here
 * crosses threads as a structured clone: plain data only.
 */
export interface ReadFile {
  readonly path: string;
  /** Grows each time the tenant's file is opened anew, so that a worker never reads one that was replaced. */
  readonly generation: number;
}

export type ReadWork =
  | { readonly kind: "query"; readonly query: QueryWork }
  | { readonly kind: "count"; readonly query: QueryWork }
  | { readonly kind: "edges"; readonly list: EdgeListRequest }
  | { readonly kind: "walk"; readonly walk: WalkRequest }
  | { readonly kind: "search"; readonly search: SearchWork }
  | { readonly kind: "mailbox_list"; readonly selection: MailSelection }
  | { readonly kind: "mailbox_search"; readonly search: MailSearchWork }
  | { readonly kind: "events"; readonly scan: EventScanWork }
  | { readonly kind: "aggregates"; readonly list: AggregateListWork }
  | { readonly kind: "content_hash" }
  /** Reads the whole file, page by page, in one go. */
  | { readonly kind: "quick_check" }
  /** Folds the write-ahead file into the database as far as that holds nobody up. */
  | { readonly kind: "fold" }
  /** Copies the file as it is at this moment, whatever is written meanwhile, and syncs the copy. For a thread of its own. */
  | ({ readonly kind: "copy" } & CopyWork);

/** A copy in the background. */
export interface CopyWork {
  readonly to: string;
  /** As fast as it goes at most, unless it is in a hurry. */
  readonly bytesPerSecond: number;
  /** Memory of a `Haste`: cancelling comes too late for work that is one call. */
  readonly haste: SharedArrayBuffer;
}

/** What each kind of work answers. */
export interface ReadAnswers {
  readonly query: readonly Node[];
  readonly count: number;
  readonly edges: EdgeList;
  readonly walk: readonly ReachedNode[];
  readonly search: readonly FoundNode[];
  readonly mailbox_list: { readonly found: readonly MailItem[]; readonly unreadCount: number };
  readonly mailbox_search: readonly MailHit[];
  readonly events: EventScan;
  readonly aggregates: AggregateList;
  readonly content_hash: string;
  /** "ok", or what SQLite found first. */
  readonly quick_check: string;
  /** Pages that the write-ahead file held. */
  readonly fold: number;
  readonly copy: { readonly bytes: number };
}

export interface ReadJob {
  readonly id: number;
  readonly file: ReadFile;
  readonly work: ReadWork;
}

export type ToReadWorker =
  | { readonly do: "run"; readonly job: ReadJob }
  | { readonly do: "cancel"; readonly id: number };

export type FromReadWorker =
  | { readonly id: number; readonly answer: ReadAnswers[keyof ReadAnswers] }
  | { readonly id: number; readonly error: ErrorData };
