/**
 * Which tenants there are. A new one comes into being through the log like everything
 * else: a record of `_system`, and then it is there for ever, restart or rebuild.
 */
import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { beforeAbort } from "../base/abortable.ts";
import type { Clock } from "../base/clock.ts";
import { EntError } from "../base/errors.ts";
import { base32 } from "../base/ids.ts";
import type { Random } from "../base/random.ts";
import { encodeRecord } from "../record/codec.ts";
import { RULES_VERSION, SYSTEM_TENANT_ID } from "../record/transaction.ts";
import type { Applied } from "../store/applied.ts";
import type { CatalogEntry } from "../store/reader/catalog-reader.ts";
import type { TenantStores } from "../store/tenant-stores.ts";
import { RECORD_TYPE, type Wal } from "../wal/wal.ts";

export interface CatalogDeps {
  readonly wal: Wal;
  readonly stores: TenantStores;
  readonly applied: Applied;
  readonly clock: Clock;
  readonly random: Random;
}

const CACHED_ENTRIES = 10_000;
const INCARNATION_FIRST = 1;

/** The catalog as requests use it. */
export class Catalog {
  readonly #deps: CatalogDeps;
  readonly #cache = new LRUCache<string, CatalogEntry>({ max: CACHED_ENTRIES });
  readonly #creating = new Map<string, Promise<CatalogEntry>>();

  constructor(deps: CatalogDeps) {
    this.#deps = deps;
  }

  /** Undefined for a tenant that does not exist. */
  find(tenantId: string): CatalogEntry | undefined {
    const cached = this.#cache.get(tenantId);
    if (cached !== undefined) return cached;
    const entry = this.#deps.stores.findEntry(tenantId);
    if (entry !== undefined) this.#cache.set(tenantId, entry);
    return entry;
  }

  /** The tenant, created if it does not exist. Callers who ask at once share one creation, which no caller's deadline ends. */
  findOrCreate(tenantId: string, signal: AbortSignal): CatalogEntry | Promise<CatalogEntry> {
    const entry = this.find(tenantId);
    if (entry !== undefined) return entry;
    let creating = this.#creating.get(tenantId);
    if (creating === undefined) {
      creating = this.#create(tenantId);
      this.#creating.set(tenantId, creating);
      const done = () => this.#creating.delete(tenantId);
      creating.then(done, done);
    }
    return beforeAbort(creating, signal);
  }

  async #create(tenantId: string): Promise<CatalogEntry> {
    const { wal, applied, clock, random } = this.#deps;
    const behind = applied.behind(SYSTEM_TENANT_ID);
    if (behind !== undefined) throw behind.error;
    const body = encodeRecord({
      rulesVersion: RULES_VERSION,
      tenantId: SYSTEM_TENANT_ID,
      incarnation: INCARNATION_FIRST,
      actor: "system:catalog",
      roles: [],
      credential: "",
      // The key is the tenant's own: whoever creates it a second time gets the first outcome.
      idempotencyKey: `tenant_created/${tenantId}`,
      serverMadeKey: false,
      requestHash: createHash("sha256").update(`tenant_created/${tenantId}`).digest(),
      body: {
        kind: "tenant_created",
        tenantId,
        incarnation: INCARNATION_FIRST,
        partition: wal.partition,
        directory: base32(random.uuidv7(clock.now())),
      },
    });
    const { offset } = await wal.append(RECORD_TYPE.record, body);
    await applied.waitFor(SYSTEM_TENANT_ID, offset, new AbortController().signal);
    const entry = this.find(tenantId);
    if (entry !== undefined) return entry;
    throw new EntError({
      code: "internal",
      reason: "INTERNAL",
      message: `Tenant ${tenantId} could not be created.`,
    });
  }
}
