/**
 * Which tenants there are. A new one comes into being through the log like everything
 * else: a record of `_system`, and then it is there, restart or rebuild, until another such
 * record ends it.
 */
import { beforeAbort } from "../base/abortable.ts";
import type { CancelSignal } from "../base/cancel-signal.ts";
import type { Clock } from "../base/clock.ts";
import { EntError } from "../base/errors.ts";
import { base32 } from "../base/ids.ts";
import type { Random } from "../base/random.ts";
import { SYSTEM_TENANT_ID } from "../record/transaction.ts";
import type { CatalogEntry } from "../store/reader/catalog-reader.ts";
import type { TenantStores } from "../store/tenant-stores.ts";
import type { Author, SystemLog } from "./system-log.ts";

export interface CatalogDeps {
  readonly partition: number;
  readonly stores: TenantStores;
  readonly log: SystemLog;
  readonly clock: Clock;
  readonly random: Random;
}

/** Between the look and the record somebody else may have created and deleted the tenant. */
const ATTEMPTS = 3;
/** Who creates a tenant that is created by being written to. */
const FIRST_WRITE: Author = { actor: "system:catalog", roles: [], credential: "" };

/** The catalog as requests use it. */
export class Catalog {
  readonly #deps: CatalogDeps;
  readonly #creating = new Map<string, Promise<CatalogEntry>>();

  constructor(deps: CatalogDeps) {
    this.#deps = deps;
  }

  /** Undefined for a tenant that does not exist; the server's own log is none. */
  find(tenantId: string): CatalogEntry | undefined {
    return tenantId === SYSTEM_TENANT_ID ? undefined : this.#deps.stores.findEntry(tenantId);
  }

  /** The tenant, created if it does not exist. Callers who ask at once share one creation, which no caller's deadline ends. */
  findOrCreate(tenantId: string, signal: CancelSignal): CatalogEntry | Promise<CatalogEntry> {
    const entry = this.find(tenantId);
    if (entry !== undefined) return entry;
    let creating = this.#creating.get(tenantId);
    if (creating === undefined) {
      creating = this.#createUnlessThere(tenantId);
      this.#creating.set(tenantId, creating);
      const done = () => this.#creating.delete(tenantId);
      creating.then(done, done);
    }
    return beforeAbort(creating, signal);
  }

  /** A new tenant, in the next life of its id. Throws TENANT_ALREADY_EXISTS, and as `SystemLog.submit`. */
  async create(tenantId: string, author: Author, signal: CancelSignal): Promise<CatalogEntry> {
    const { partition, stores, log, clock, random } = this.#deps;
    const incarnation = stores.catalog.lastIncarnation(tenantId) + 1;
    const directory = base32(random.uuidv7(clock.now()));
    const body = { kind: "tenant_created", tenantId, incarnation, partition, directory } as const;
    await log.submit(body, author, signal);
    const entry = this.find(tenantId);
    if (entry?.incarnation === incarnation) return entry;
    throw new EntError({
      code: "not_found",
      reason: "TENANT_NOT_FOUND",
      message: `Tenant ${tenantId} was created, and deleted at once.`,
      details: { tenant_id: tenantId },
    });
  }

  async #createUnlessThere(tenantId: string): Promise<CatalogEntry> {
    const never = new AbortController().signal;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.create(tenantId, FIRST_WRITE, never);
      } catch (error) {
        if (!(error instanceof EntError && error.reason === "TENANT_ALREADY_EXISTS")) throw error;
        const entry = this.find(tenantId);
        if (entry !== undefined) return entry;
        if (attempt === ATTEMPTS) throw error;
      }
    }
  }
}
