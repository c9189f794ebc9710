/**
 * What was done and refused, newest first. What was done to tenants and with keys is in
 * `_system`; what was done inside a tenant in its own file. Both are in the order of one log,
 * so that a tenant's audit is one list made of the two.
 */
import { type Identity, isOfServer } from "../../access/identity.ts";
import { EntError, invalid } from "../../base/errors.ts";
import type { AuditPlace, AuditRow } from "../../store/audit-row.ts";
import type { AuditRange } from "../../store/reader/audit-reader.ts";
import type { CatalogEntry, CatalogReader } from "../../store/reader/catalog-reader.ts";
import type { TenantStores } from "../../store/tenant-stores.ts";
import type { Catalog } from "../../tenant/catalog.ts";
import { parseTenantId } from "../../tenant/identity.ts";
import type { SystemLog } from "../../tenant/system-log.ts";
import { formatPosition } from "../../wal/position.ts";
import type { AuditEntry, AuditedAction, AuditRequest, Page } from "../administration.ts";
import { type Authority, tenantNotFound } from "./authority.ts";
import { pageByNumbers } from "./pages.ts";
import { authorOf } from "./tenants.ts";

export interface AuditDeps {
  readonly authority: Authority;
  readonly catalog: Catalog;
  readonly catalogReader: CatalogReader;
  readonly stores: TenantStores;
  readonly systemLog: SystemLog;
  readonly partition: number;
}

/** Whoever has gone meanwhile is accounted for all the same. */
const NEVER = new AbortController().signal;
const TIME_MAX = Number.MAX_SAFE_INTEGER;

export class AuditAdministration {
  readonly #deps: AuditDeps;

  constructor(deps: AuditDeps) {
    this.#deps = deps;
  }

  /** Throws PERMISSION_DENIED, TENANT_NOT_FOUND, INVALID_REQUEST, INVALID_CURSOR, LIMIT_EXCEEDED. */
  list(by: Identity, request: AuditRequest): Page<AuditEntry> {
    const { tenantId, from, until } = request;
    checkTime(from, "from");
    checkTime(until, "until");
    const lists = this.#listsFor(by, tenantId);
    const question = [from, until];
    const scope = { list: "audit", tenantId, actor: by.actor, question } as const;
    const page = pageByNumbers<AuditRow>(
      scope,
      request,
      (place, limit) => {
        const range = rangeOf(request, lists.since, place, limit);
        const rows = lists.read.flatMap((read) => read(range));
        return rows.sort(newestFirst).slice(0, limit);
      },
      ({ at, position, seq }) => [at, position, seq],
    );
    return { ...page, items: page.items.map((row) => this.#entryOf(row)) };
  }

  /** As `Administration.audited`. */
  async audited<T>(by: Identity, what: AuditedAction, work: () => Promise<T>): Promise<T> {
    const { actor, credential } = by;
    const event = { kind: "audit_event", ...what, actor, credential, count: 1 } as const;
    let outcome = "applied";
    try {
      return await work();
    } catch (error) {
      outcome = error instanceof EntError ? error.reason : "INTERNAL";
      throw error;
    } finally {
      const { systemLog } = this.#deps;
      await systemLog.submit({ ...event, outcome, details: new Map() }, authorOf(by), NEVER);
    }
  }

  /** Where the rows are, and from where on the asker may see them. */
  #listsFor(by: Identity, tenantId: string): AuditLists {
    const { authority, stores, catalog, catalogReader } = this.#deps;
    const system = stores.system.reads.audit;
    if (tenantId === "") {
      authority.requireServer(by);
      return { since: BEGINNING, read: [(range) => system.list(range)] };
    }
    parseTenantId(tenantId);
    authority.requireOwn(by, tenantId);
    const entry = catalog.find(tenantId);
    const ofTenant = (range: AuditRange) => system.listOf(tenantId, range);
    if (entry === undefined) {
      // What became of a tenant that was deleted is for the server's to know.
      const isKnown = isOfServer(by) && catalogReader.lastIncarnation(tenantId) > 0;
      if (!isKnown) throw tenantNotFound(tenantId);
      return { since: BEGINNING, read: [ofTenant] };
    }
    authority.require(by, tenantId, "audit");
    const own = (range: AuditRange) =>
      authority.read(tenantId, ({ reads }) => reads.audit.list(range));
    return { since: isOfServer(by) ? BEGINNING : beginningOf(entry), read: [ofTenant, own] };
  }

  #entryOf(row: AuditRow): AuditEntry {
    const { position: offset, seq: _, ...entry } = row;
    return { ...entry, walPosition: formatPosition({ partition: this.#deps.partition, offset }) };
  }
}

interface AuditLists {
  readonly since: AuditPlace;
  readonly read: readonly ((range: AuditRange) => readonly AuditRow[])[];
}

const BEGINNING: AuditPlace = { at: 0, position: 0, seq: 0 };

/** A tenant sees nothing of an earlier life of its id. */
function beginningOf({ createdAt, createdOffset }: CatalogEntry): AuditPlace {
  return { at: createdAt, position: createdOffset, seq: 0 };
}

function rangeOf(
  { from, until }: AuditRequest,
  since: AuditPlace,
  place: readonly [number, number, number] | undefined,
  limit: number,
): AuditRange {
  const wanted: AuditPlace = { at: from, position: 0, seq: 0 };
  const end: AuditPlace = { at: until === 0 ? TIME_MAX : until, position: 0, seq: 0 };
  const [at, position, seq] = place ?? [TIME_MAX, 0, 0];
  const behind: AuditPlace = { at, position, seq };
  return {
    from: newestFirst(since, wanted) < 0 ? since : wanted,
    before: newestFirst(behind, end) < 0 ? end : behind,
    limit,
  };
}

function newestFirst(a: AuditPlace, b: AuditPlace): number {
  return b.at - a.at || b.position - a.position || b.seq - a.seq;
}

function checkTime(time: number, field: string): void {
  if (Number.isSafeInteger(time) && time >= 0) return;
  throw invalid(
    "INVALID_REQUEST",
    `${field} is ${time}, which is no time.`,
    "Send Unix milliseconds, or 0 for no bound.",
    {
      field,
    },
  );
}
