import type { Database } from "bun:sqlite";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { SYSTEM_TENANT_ID } from "../record/transaction.ts";
import { AggregateVisibility } from "./aggregate-visibility.ts";
import { LazyStatement } from "./lazy-statement.ts";
import { migrate } from "./migrations/migrate.ts";
import {
  beginBulk,
  endBulk,
  foldWriteAhead,
  openForReading,
  openForWriting,
  SERVING_BUSY_TIMEOUT_MS,
  setWideCache,
} from "./open-database.ts";
import { AggregateReader } from "./reader/aggregate-reader.ts";
import { AppliedEventReader } from "./reader/applied-event-reader.ts";
import { AuditReader } from "./reader/audit-reader.ts";
import { ChangeReader } from "./reader/change-reader.ts";
import { EdgeReader } from "./reader/edge-reader.ts";
import { EventMatches } from "./reader/event-matches.ts";
import { EventReader } from "./reader/event-reader.ts";
import { GrantReader } from "./reader/grant-reader.ts";
import { MailOutboxReader } from "./reader/mail-outbox-reader.ts";
import { MembershipLists } from "./reader/membership-lists.ts";
import { MembershipReader } from "./reader/membership-reader.ts";
import { NodeReader } from "./reader/node-reader.ts";
import type { ReadFile } from "./reader/read-job.ts";
import { SchemaReader } from "./reader/schema-reader.ts";
import { damaged, logShorterThanViews } from "./store-errors.ts";
import { TenantMailbox } from "./tenant-mailbox.ts";
import { initialiseViewState, readViewState, type ViewState } from "./view-state.ts";
import { VisibilityReader } from "./visibility.ts";

/** Whose file is being opened, and of which log it must be a view. */
export interface TenantOwner {
  readonly tenantId: string;
  readonly incarnation: number;
  readonly logId: string;
  /** No view of the log can have seen a record from here on. */
  readonly logEnd: number;
}

/** The reads that a request's own turn may make: by key, or by an index prefix with a limit. */
export interface TenantReads {
  readonly nodes: NodeReader;
  readonly edges: EdgeReader;
  readonly appliedEvents: AppliedEventReader;
  readonly schemas: SchemaReader;
  readonly grants: GrantReader;
  readonly membership: MembershipReader;
  readonly visibility: VisibilityReader;
  readonly membershipLists: MembershipLists;
  readonly audit: AuditReader;
  readonly changes: ChangeReader;
  readonly events: EventReader;
  readonly eventMatches: EventMatches;
  readonly aggregates: AggregateReader;
  readonly aggregateVisibility: AggregateVisibility;
}

/** A tenant's view as whatever only reads it has it. */
export interface ReadableView {
  readonly reads: TenantReads;
  /** Grow when the schema, or members, roles, groups or settings change. */
  readonly schemaVersion: number;
  readonly membershipVersion: number;
}

/** The reads on a connection, each prepared when it is first used. */
export function readsOf(read: Database): TenantReads {
  return {
    nodes: new NodeReader(read),
    edges: new EdgeReader(read),
    appliedEvents: new AppliedEventReader(read),
    schemas: new SchemaReader(read),
    grants: new GrantReader(read),
    membership: new MembershipReader(read),
    visibility: new VisibilityReader(read),
    membershipLists: new MembershipLists(read),
    audit: new AuditReader(read),
    changes: new ChangeReader(read),
    events: new EventReader(read),
    eventMatches: new EventMatches(read),
    aggregates: new AggregateReader(read),
    aggregateVisibility: new AggregateVisibility(read),
  };
}

export const CANONICAL_FILE = "canonical.db";

let openings = 0;

/**
 * One tenant's open files. The connection for writing is the applier's alone; requests
 * read on a connection of their own and so see whole transactions only.
 *
 * Invariant: what is open belongs to the tenant it was opened for. The tenant's id,
 * incarnation and log stand in the file and are checked before the first read.
 */
export class TenantStore implements ReadableView {
  readonly tenantId: string;
  readonly incarnation: number;
  readonly directory: string;
  readonly mailbox: TenantMailbox;
  /** Greater for every opening: a read worker's connection to an earlier one is never used again. */
  readonly generation = ++openings;
  readonly #writeConnection: Database;
  readonly #readConnection: Database;
  readonly #reads: TenantReads;
  readonly #begin: LazyStatement;
  readonly #end: LazyStatement;
  #schemaVersion = 0;
  #membershipVersion = 0;
  #closed = false;
  /** Called in the turn of a commit that changed a version, before anybody is told that it happened. */
  onVersionChanged: () => void = () => undefined;
  /**
   * Called before anybody looks at the file: whoever writes it commits what he holds open. For
   * `applier/` to set. Throws what SQLite throws.
   */
  commitHeld: () => void = () => undefined;
  /** Called before the files are closed. */
  onClose: () => void = () => undefined;

  /** Use {@link TenantStore.open}. */
  constructor(
    owner: TenantOwner,
    directory: string,
    write: Database,
    read: Database,
    busyTimeoutMs: number,
  ) {
    this.tenantId = owner.tenantId;
    this.incarnation = owner.incarnation;
    this.directory = directory;
    this.#writeConnection = write;
    this.#readConnection = read;
    this.#begin = new LazyStatement(read, "BEGIN");
    this.#end = new LazyStatement(read, "COMMIT");
    this.#reads = readsOf(read);
    this.mailbox = new TenantMailbox({
      ...owner,
      directory,
      busyTimeoutMs,
      outbox: new MailOutboxReader(read),
      logEnd: () => Math.max(owner.logEnd, this.state().appliedOffset + 1),
    });
  }

  /** Whether the tenant has a file in this directory. */
  static exists(directory: string): boolean {
    return existsSync(join(directory, CANONICAL_FILE));
  }

  /** Makes the directory and an empty file for the owner. */
  static create(
    directory: string,
    owner: TenantOwner,
    busyTimeoutMs = SERVING_BUSY_TIMEOUT_MS,
  ): TenantStore {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return TenantStore.#open(directory, owner, true, busyTimeoutMs);
  }

  /** Opens the owner's file. Throws VIEW_DAMAGED when it is not the owner's, or is empty; LOG_SHORTER_THAN_VIEWS. */
  static open(
    directory: string,
    owner: TenantOwner,
    busyTimeoutMs = SERVING_BUSY_TIMEOUT_MS,
  ): TenantStore {
    return TenantStore.#open(directory, owner, false, busyTimeoutMs);
  }

  static #open(
    directory: string,
    owner: TenantOwner,
    create: boolean,
    busyTimeoutMs: number,
  ): TenantStore {
    const file = join(directory, CANONICAL_FILE);
    const write = openForWriting(file, { create, busyTimeoutMs });
    try {
      migrate(write, owner.tenantId === SYSTEM_TENANT_ID, file);
      const state = readViewState(write);
      if (state !== undefined) checkOwner(state, owner, file);
      else if (create) initialiseViewState(write, owner);
      else throw damaged(file, "it is empty");
      const read = openForReading(file, busyTimeoutMs);
      return new TenantStore(owner, directory, write, read, busyTimeoutMs);
    } catch (error) {
      write.close();
      throw error;
    }
  }

  get file(): string {
    return join(this.directory, CANONICAL_FILE);
  }

  /** As {@link commitHeld}; false where it failed, of which who holds it open knows. The log has what the file then lacks. */
  tryCommitHeld(): boolean {
    try {
      this.commitHeld();
      return true;
    } catch {
      return false;
    }
  }

  /** For `applier/` alone. */
  get writeConnection(): Database {
    this.commitHeld();
    return this.#writeConnection;
  }

  /** What was applied before they were asked for is there. */
  get reads(): TenantReads {
    this.commitHeld();
    return this.#reads;
  }

  /** The file as read workers are told of it. */
  get readFile(): ReadFile {
    this.commitHeld();
    return { path: this.file, generation: this.generation };
  }

  /** For readers that need a statement of their own (the catalog). */
  get readConnection(): Database {
    this.commitHeld();
    return this.#readConnection;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Runs reads that belong together on one state of the view. Also three times as fast as
   * one by one: each read alone takes and gives back SQLite's locks. Not to be nested.
   */
  snapshot<T>(read: (reads: TenantReads) => T): T {
    this.commitHeld();
    this.#begin.ready.run();
    try {
      return read(this.#reads);
    } finally {
      this.#end.ready.run();
    }
  }

  /** Grows when the tenant's schema changes, so that nobody need ask the file whether it has. */
  get schemaVersion(): number {
    return this.#schemaVersion;
  }

  /** For `applier/` alone, after the commit that changed the schema. */
  schemaChanged(): void {
    this.#schemaVersion++;
    this.onVersionChanged();
  }

  /** Grows when members, roles, groups or settings change, in the catalog's file when tenants or keys do, as {@link schemaVersion}. */
  get membershipVersion(): number {
    return this.#membershipVersion;
  }

  /** For `applier/` alone, after the commit that changed them. */
  membershipChanged(): void {
    this.#membershipVersion++;
    this.onVersionChanged();
  }

  /** What the file says about itself. */
  state(): ViewState {
    const state = readViewState(this.readConnection);
    if (state === undefined) throw damaged(this.file, "it does not say whose it is");
    return state;
  }

  /** Throws VIEW_DAMAGED unless every page of the file is as it should be. Reads all of it. */
  checkPages(): void {
    const rows = this.readConnection.query("PRAGMA quick_check(1)").values();
    const said = String(rows[0]?.[0]);
    if (said !== "ok") throw damaged(this.file, said);
  }

  /** Folds the write-ahead file into the database and syncs both, so that a next start finds nothing to replay. */
  checkpoint(): void {
    this.writeConnection.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    this.mailbox.opened?.checkpoint();
  }

  /**
   * Folds the last of the write-ahead file between two of the applier's transactions, so that
   * the next one begins the file anew. Short only when a worker has just folded the rest.
   */
  finishFolding(): void {
    foldWriteAhead(this.writeConnection);
  }

  /** Makes transactions of thousands of records cheaper, at the price of memory. For `applier/` alone. */
  setWideCache(isWide: boolean): void {
    setWideCache(this.writeConnection, isWide);
  }

  /**
   * Applies faster until {@link endBulk}, at the price of a file that is worth nothing when the
   * machine goes down: for one that nobody else knows of yet. For `backup/` alone.
   */
  beginBulk(): void {
    beginBulk(this.writeConnection);
  }

  /** Makes durable what was applied since {@link beginBulk}; the file is then like any other. */
  endBulk(): void {
    endBulk(this.writeConnection, this.file);
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.tryCommitHeld();
    this.onClose();
    this.mailbox.close();
    this.#readConnection.close();
    this.#writeConnection.close();
  }
}

function checkOwner(state: ViewState, owner: TenantOwner, file: string): void {
  if (state.tenantId !== owner.tenantId || state.incarnation !== owner.incarnation) {
    throw damaged(file, `it belongs to tenant ${state.tenantId} (life ${state.incarnation})`);
  }
  if (state.logId !== owner.logId) throw damaged(file, `it is a view of log ${state.logId}`);
  if (state.appliedOffset < owner.logEnd) return;
  throw logShorterThanViews(owner.logEnd, state.appliedOffset + 1, file);
}
