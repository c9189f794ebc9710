/**
 * The end of a tenant's files. When the record that deletes a tenant is applied, nothing of it
 * is applied or read any more in the same turn; its files then go in the background, so that
 * nobody else waits for a large directory to be removed.
 *
 * Invariant: what a crash leaves on the way belongs to no tenant of the catalog, so that the
 * sweep of the next start takes it; the next life of the id has a directory of its own.
 */
import type { Applied } from "../store/applied.ts";
import type { CatalogEntry } from "../store/reader/catalog-reader.ts";
import type { TenantStores } from "../store/tenant-stores.ts";
import { deletedError } from "./failure.ts";
import type { Lanes } from "./lanes.ts";
import type { MailboxDrain } from "./mailbox-drain.ts";
import type { TroubleLog } from "./trouble-log.ts";

export interface RemovalsDeps {
  readonly stores: TenantStores;
  readonly applied: Applied;
  readonly lanes: Lanes;
  readonly mailboxes: MailboxDrain;
  readonly log: TroubleLog;
  /** Told of each tenant that ends, once the catalog no longer has it. */
  readonly tenantEnded?: ((tenantId: string) => void) | undefined;
}

export class Removals {
  readonly #deps: RemovalsDeps;
  /** By directory. Each resolves with what went wrong, if anything did; those that went well are forgotten. */
  readonly #underWay = new Map<string, Promise<unknown>>();
  /** The last sweep; resolves with what went wrong. */
  #sweeping: Promise<unknown> = Promise.resolve();

  constructor(deps: RemovalsDeps) {
    this.#deps = deps;
  }

  /** Ends everything that is under way for the tenant in this life of its id, at once, and begins to remove its files. */
  begin(entry: CatalogEntry): void {
    const { applied, lanes, mailboxes } = this.#deps;
    const { tenantId, directory } = entry;
    const error = deletedError(tenantId);
    const ending = lanes.drop(tenantId, error);
    mailboxes.forget(tenantId, error);
    applied.forget(tenantId, error);
    this.#deps.tenantEnded?.(tenantId);
    const removing = this.#remove(entry, ending);
    this.#underWay.set(directory, removing);
    void removing.then((failure) => {
      if (failure === undefined) this.#underWay.delete(directory);
    });
  }

  /** Resolves when the files are gone. Rejects with what stands in the way. */
  async finished(entry: CatalogEntry): Promise<void> {
    const failure = (await this.#sweeping) ?? (await this.#underWay.get(entry.directory));
    if (failure !== undefined) throw failure;
  }

  /**
   * Ends and removes everything that the catalog does not know: what a crash left, and what
   * went on while the catalog itself was behind.
   */
  async sweep(): Promise<void> {
    const { stores, lanes } = this.#deps;
    for (const entry of lanes.entries()) {
      if (stores.findEntry(entry.tenantId)?.incarnation !== entry.incarnation) this.begin(entry);
    }
    stores.closeGone();
    this.#sweeping = this.#removeStrays();
    await this.#sweeping;
  }

  /** Resolves when no removal is under way. */
  async settled(): Promise<void> {
    await this.#sweeping;
    await Promise.all(this.#underWay.values());
  }

  async #removeStrays(): Promise<unknown> {
    const { stores, log } = this.#deps;
    await Promise.all(this.#underWay.values());
    try {
      await stores.removeStrays();
      return undefined;
    } catch (cause) {
      log.filesNotRemoved(cause);
      return cause;
    }
  }

  async #remove(entry: CatalogEntry, ending: Promise<void>): Promise<unknown> {
    const { stores, log } = this.#deps;
    try {
      stores.retire(entry);
      await ending;
      await stores.removeRetired(entry);
      return undefined;
    } catch (cause) {
      log.filesNotRemoved(cause);
      return cause;
    }
  }
}
