import { existsSync } from "node:fs";
import type { CancelSignal } from "../base/cancel-signal.ts";
import { turn } from "../base/turn.ts";
import { compareMailPlaces, type MailPlace, type PlacedMailEffect } from "../store/mail-effect.ts";
import { MailboxStore, replaceMailbox } from "../store/mailbox-store.ts";
import type { CatalogEntry } from "../store/reader/catalog-reader.ts";
import { troubleOf } from "../store/store-errors.ts";
import type { TenantStore } from "../store/tenant-store.ts";
import type { TenantStores } from "../store/tenant-stores.ts";
import { MailOutboxWriter } from "../store/writer/mail-outbox-writer.ts";
import { Slice } from "./build-pass.ts";
import type { History } from "./history.ts";
import { MailboxView } from "./mailbox-view.ts";
import { replayTenant } from "./replay.ts";
import { TenantView } from "./tenant-view.ts";
import type { ViewCopies } from "./view-copies.ts";

/** Rows of a schema's build that are looked at before others get their turn. */
const BUILD_SLICE_ROWS = 512;
/** Rows of the outbox that are read at once. */
const OUTBOX_ROWS = 64;

export interface MailboxRebuildDeps {
  readonly history: History;
  /** What damaged mailboxes may be begun with. */
  readonly copies: ViewCopies;
  readonly stores: TenantStores;
}

/**
 * Makes a tenant's mailboxes again from its history, while everything else of the tenant goes
 * on. That is applied once more to a view that is thrown away: its outbox holds everything that
 * the mailboxes were ever told. They come as far as the tenant's own view was when this began;
 * the rest stands in its outbox still.
 *
 * The new file then takes the old one's place, unless the tenant's directory has been replaced
 * meanwhile. Throws LOG_TRIMMED, `RecordFailure`, and what SQLite and the system say.
 */
export async function rebuildMailbox(
  deps: MailboxRebuildDeps,
  entry: CatalogEntry,
  live: () => TenantStore | undefined,
  signal: CancelSignal,
): Promise<void> {
  const before = (live()?.state().appliedOffset ?? -1) + 1;
  const made = await begin(deps, entry, before, signal);
  try {
    const view = new TenantView(made);
    const range = { from: Math.max(entry.createdOffset, view.appliedOffset + 1), before };
    await replayTenant(deps.history, entry, range, {
      view: () => view,
      onSlice: () => undefined,
      buildSlice: () => new Slice(BUILD_SLICE_ROWS),
      signal,
    });
    const mailbox = new MailboxView(made.mailbox.openOrCreate());
    while (!signal.aborted && drainSome(made, mailbox)) await turn();
    if (signal.aborted) throw signal.reason;
    made.mailbox.opened?.checkpoint();
    made.close();
    const store = live();
    if (store === undefined || !MailboxStore.exists(made.directory)) return;
    store.mailbox.close();
    replaceMailbox(store.directory, made.directory);
    store.mailbox.setNews(true);
  } finally {
    made.close();
    if (existsSync(made.directory)) deps.stores.discardRebuild(made);
  }
}

/** Files to make them in: a copy of the tenant's where there is one, else empty ones. */
async function begin(
  { stores, copies }: MailboxRebuildDeps,
  entry: CatalogEntry,
  before: number,
  signal: CancelSignal,
): Promise<TenantStore> {
  const place = stores.mailboxRebuildPlace(entry);
  if (!(await copies.place(entry, before, place, signal))) return stores.openMailboxRebuild(entry);
  try {
    return stores.openPlaced(entry, place);
  } catch (error) {
    if (troubleOf(error) !== "damaged") throw error;
    return stores.openMailboxRebuild(entry);
  }
}

/**
 * Tells the mailboxes everything that the outbox holds, and clears it: for a view that nobody else
 * has open. Both files are on disk then. Throws what SQLite says, and `OutboxFailure`.
 */
export async function deliverAll(store: TenantStore, signal: CancelSignal): Promise<void> {
  if (!store.mailbox.hasNews) return;
  const mailboxes = store.mailbox.openOrCreate();
  const view = new MailboxView(mailboxes);
  while (!signal.aborted && drainSome(store, view)) await turn();
  mailboxes.checkpoint();
  const outbox = new MailOutboxWriter(store.writeConnection);
  while (!signal.aborted && outbox.trim(view.progress.place)) await turn();
}

/** The outbox could not be read: trouble of the tenant's view, not of its mailboxes. */
export class OutboxFailure extends Error {
  override readonly name = "OutboxFailure";
}

/** Does some of what the outbox holds behind the mailboxes' place. Returns whether there may be more. */
export function drainSome(store: TenantStore, mailbox: MailboxView): boolean {
  const rows = readOutbox(store, mailbox.progress.place);
  const last = rows.at(-1);
  if (last === undefined) return false;
  mailbox.apply(rows);
  return rows.length === OUTBOX_ROWS || compareMailPlaces(mailbox.progress.place, last) < 0;
}

function readOutbox(store: TenantStore, after: MailPlace): PlacedMailEffect[] {
  try {
    return store.mailbox.outbox.list(after, OUTBOX_ROWS);
  } catch (cause) {
    throw new OutboxFailure("an outbox could not be read", { cause });
  }
}
