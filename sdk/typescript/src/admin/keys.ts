/** API keys of the client's tenant, or of the server, and the audit of what was done with them. */
import type { CallOptions } from "../calls/caller.ts";
import type { Session } from "../client/session.ts";
import type {
  AuditEvent as WireEvent,
  ApiKey as WireKey,
} from "../gen/entdb/v1/tenant_service_pb.ts";
import type { Listing, PageOptions } from "../reads/listing.ts";
import { wireMoment } from "../values/checked-number.ts";
import { safeNumber } from "../values/value.ts";
import { adminListing } from "./listing.ts";

/** A key, without what makes it one. */
export interface ApiKey {
  readonly keyId: string;
  /** Undefined for a key of the server. */
  readonly tenantId: string | undefined;
  /** For whom it speaks. */
  readonly actor: string;
  /** In whose name its holder may act besides; "*": everybody. */
  readonly mayActAs: readonly string[];
  readonly roles: readonly string[];
  /** For people. */
  readonly name: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | undefined;
  readonly revokedAt: Date | undefined;
}

/** What a new key is to be. */
export interface NewApiKey {
  readonly actor: string;
  readonly mayActAs?: readonly string[];
  readonly roles?: readonly string[];
  readonly name?: string;
  /** Left out: never. */
  readonly expiresAt?: Date;
}

/** A key that has just been made. */
export interface CreatedApiKey {
  readonly key: ApiKey;
  /** The key itself, which is shown this once and kept nowhere. */
  readonly secret: string;
}

/** One thing that was done, or refused. */
export interface AuditEvent {
  readonly walPosition: string;
  readonly at: Date;
  /** Stable: "tenant_created", "api_key_revoked", "grant", … */
  readonly action: string;
  readonly tenantId: string;
  readonly actor: string;
  /** "key:…", "jwt:…"; empty in trusted mode. */
  readonly credential: string;
  /** "applied", or the reason of the refusal. */
  readonly outcome: string;
  /** How many alike within a minute it stands for. */
  readonly count: number;
  readonly details: Readonly<Record<string, string>>;
}

/** Of whom keys or events are: the client's tenant, or the server. */
export interface KeyScope {
  /** Defaults to "tenant". */
  readonly of?: "tenant" | "server";
}

/** When what is audited happened. */
export interface AuditOptions extends KeyScope, CallOptions, PageOptions {
  readonly from?: Date;
  readonly until?: Date;
}

/** Keys. Those of the tenant need the right `keys`. */
export class ApiKeys {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Makes a key. Not repeated by itself: a second one would be another key. */
  async create(key: NewApiKey, options: KeyScope & CallOptions = {}): Promise<CreatedApiKey> {
    const { caller, tenants } = this.#session;
    const request = {
      tenantId: this.#tenantId(options),
      actor: key.actor,
      mayActAs: [...(key.mayActAs ?? [])],
      roles: [...(key.roles ?? [])],
      name: key.name ?? "",
      expiresAt: wireMoment("expiresAt", key.expiresAt),
    };
    const answer = await caller.call(
      (stub) => tenants.createApiKey(request, stub),
      "unsent",
      options,
    );
    return { key: keyOf(answer.key), secret: answer.secret };
  }

  /** By key id. */
  all(options: KeyScope & CallOptions & PageOptions = {}): Listing<ApiKey> {
    const { tenants } = this.#session;
    const tenantId = this.#tenantId(options);
    return adminListing(
      this.#session,
      options,
      (page, stub) => tenants.listApiKeys({ tenantId, ...page }, stub),
      ({ keys }) => keys.map(keyOf),
    );
  }

  /** It holds no longer, at once. */
  async revoke(keyId: string, options: CallOptions = {}): Promise<ApiKey> {
    const { caller, tenants } = this.#session;
    const answer = await caller.call(
      (stub) => tenants.revokeApiKey({ keyId }, stub),
      "safe",
      options,
    );
    return keyOf(answer.key);
  }

  #tenantId(scope: KeyScope): string {
    return scope.of === "server" ? "" : this.#session.identity.tenantId;
  }
}

/** What was done to the tenant or the server. Needs the right `audit`. */
export class Audit {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** The newest first. */
  events(options: AuditOptions = {}): Listing<AuditEvent> {
    const { tenants, identity } = this.#session;
    const question = {
      tenantId: options.of === "server" ? "" : identity.tenantId,
      from: wireMoment("from", options.from),
      until: wireMoment("until", options.until),
    };
    return adminListing(
      this.#session,
      options,
      (page, stub) => tenants.listAuditEvents({ ...question, ...page }, stub),
      ({ events }) => events.map(eventOf),
    );
  }
}

function keyOf(wire: WireKey | undefined): ApiKey {
  return {
    keyId: wire?.keyId ?? "",
    tenantId: wire?.tenantId || undefined,
    actor: wire?.actor ?? "",
    mayActAs: wire?.mayActAs ?? [],
    roles: wire?.roles ?? [],
    name: wire?.name ?? "",
    createdAt: new Date(Number(wire?.createdAt ?? 0n)),
    expiresAt: dateOf(wire?.expiresAt),
    revokedAt: dateOf(wire?.revokedAt),
  };
}

function eventOf(wire: WireEvent): AuditEvent {
  const { walPosition, action, tenantId, actor, credential, outcome, details } = wire;
  return {
    walPosition,
    at: new Date(Number(wire.at)),
    action,
    tenantId,
    actor,
    credential,
    outcome,
    count: safeNumber(wire.count, "count"),
    details,
  };
}

function dateOf(ms: bigint | undefined): Date | undefined {
  return ms === undefined || ms === 0n ? undefined : new Date(Number(ms));
}
