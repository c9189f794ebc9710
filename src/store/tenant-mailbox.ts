import type { MailPlace } from "./mail-effect.ts";
import { MailboxStore } from "./mailbox-store.ts";
import type { MailOutboxReader } from "./reader/mail-outbox-reader.ts";
import { damaged } from "./store-errors.ts";

/** What is asked of the tenant's canonical file. */
export interface TenantMailboxDeps {
  readonly tenantId: string;
  readonly incarnation: number;
  readonly logId: string;
  readonly directory: string;
  readonly busyTimeoutMs: number;
  readonly outbox: MailOutboxReader;
  /** No file of this log can have seen a record from here on. */
  readonly logEnd: () => number;
}

/**
 * A tenant's mailboxes as they belong to its open files: opened when first asked for, made with
 * the first item, closed with the rest. A tenant without mail has none.
 */
export class TenantMailbox {
  readonly #deps: TenantMailboxDeps;
  #opened: MailboxStore | undefined;
  #hasNews: boolean | undefined;

  constructor(deps: TenantMailboxDeps) {
    this.#deps = deps;
  }

  get outbox(): MailOutboxReader {
    return this.#deps.outbox;
  }

  /** Whether the outbox may hold what the mailboxes have not been told. */
  get hasNews(): boolean {
    this.#hasNews ??= this.#deps.outbox.hasRows;
    return this.#hasNews;
  }

  /** For `applier/` alone: after the commit that wrote to the outbox, and when everything is told. */
  setNews(hasNews: boolean): void {
    this.#hasNews = hasNews;
  }

  /** The mailboxes if they are open already. */
  get opened(): MailboxStore | undefined {
    return this.#opened;
  }

  /**
   * The tenant's mailboxes; undefined when there never were any. Throws VIEW_DAMAGED when the
   * file is missing or not the tenant's, FORMAT_TOO_NEW, and SQLite's own error when it cannot
   * be opened.
   */
  open(): MailboxStore | undefined {
    if (this.#opened !== undefined) return this.#opened;
    const { directory, outbox } = this.#deps;
    const { trimmed } = outbox;
    if (MailboxStore.exists(directory)) {
      this.#opened = MailboxStore.open(directory, this.#owner(trimmed));
    } else if (trimmed !== undefined) {
      throw damaged(directory, "the file of its mailboxes is missing");
    }
    return this.#opened;
  }

  /** As {@link open}, but makes the file where there never was one. For `applier/` alone. */
  openOrCreate(): MailboxStore {
    const { directory } = this.#deps;
    this.#opened = this.open() ?? MailboxStore.create(directory, this.#owner(undefined));
    return this.#opened;
  }

  /** Idempotent; the next use opens them again. */
  close(): void {
    this.#opened?.close();
    this.#opened = undefined;
  }

  #owner(trimmed: MailPlace | undefined) {
    const { tenantId, incarnation, logId, logEnd, busyTimeoutMs } = this.#deps;
    return { tenantId, incarnation, logId, logEnd: logEnd(), busyTimeoutMs, trimmed };
  }
}
