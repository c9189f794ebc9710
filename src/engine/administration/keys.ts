/**
 * API keys. The rule behind every check: nobody makes a key that may do more than its maker.
 * A key of the server is made by the server's; a tenant's by whoever holds the right `keys`
 * there, with no more rights than the maker has, and for nobody whom the maker could not be.
 *
 * The secret is in the answer that makes the key and nowhere else.
 */
import { makeApiKey } from "../../access/api-key.ts";
import { type Identity, isOfServer } from "../../access/identity.ts";
import { roleNotFound } from "../../applier/apply-membership.ts";
import type { CancelSignal } from "../../base/cancel-signal.ts";
import type { Clock } from "../../base/clock.ts";
import { EntError, invalid } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Random } from "../../base/random.ts";
import type { Right } from "../../record/access.ts";
import type { ApiKeyReader, StoredApiKey } from "../../store/reader/api-key-reader.ts";
import type { Standing } from "../../store/reader/membership-reader.ts";
import type { SystemLog } from "../../tenant/system-log.ts";
import type {
  AdministrationPage,
  ApiKey,
  CreateApiKey,
  CreatedApiKey,
  Page,
} from "../administration.ts";
import { checkActors, checkRoles } from "../check-names.ts";
import type { Authority } from "./authority.ts";
import { pageByName } from "./pages.ts";
import { authorOf } from "./tenants.ts";

export interface KeysDeps {
  readonly authority: Authority;
  readonly keys: ApiKeyReader;
  readonly systemLog: SystemLog;
  readonly clock: Clock;
  readonly random: Random;
}

const EVERYBODY_ELSE = "*";

export class KeyAdministration {
  readonly #deps: KeysDeps;

  constructor(deps: KeysDeps) {
    this.#deps = deps;
  }

  async create(by: Identity, asked: CreateApiKey, signal: CancelSignal): Promise<CreatedApiKey> {
    const { systemLog, keys, random, clock } = this.#deps;
    const request = checkRequest(asked, clock.now());
    const incarnation = this.#lifeFor(by, request.tenantId);
    if (request.tenantId !== "") this.#checkTenantKey(by, request);
    const { keyId, secretHash, text } = makeApiKey(random);
    const body = { kind: "api_key_created", ...request, keyId, secretHash, incarnation } as const;
    await systemLog.submit(body, authorOf(by), signal);
    const stored = keys.find(keyId);
    if (stored === undefined) throw new Error("a key that was applied is there");
    return { key: keyOf(stored), secret: text };
  }

  list(by: Identity, tenantId: string, page: AdministrationPage): Page<ApiKey> {
    const { keys } = this.#deps;
    const incarnation = this.#lifeFor(by, tenantId);
    const scope = { list: "keys", tenantId, actor: by.actor, question: [incarnation] } as const;
    const read = (after: string, limit: number) =>
      keys.list(tenantId, incarnation, after, limit).map(keyOf);
    return pageByName(scope, page, read, (key) => key.keyId);
  }

  async revoke(by: Identity, keyId: string, signal: CancelSignal): Promise<ApiKey> {
    const { keys, systemLog, authority } = this.#deps;
    if (!isOfServer(by)) authority.require(by, by.tenantId, "keys");
    const key = keys.find(keyId);
    const isVisible = isOfServer(by) || key?.tenantId === by.tenantId;
    if (key === undefined || !isVisible) throw apiKeyNotFound();
    if (key.revokedAt !== 0) return keyOf(key);
    await systemLog.submit({ kind: "api_key_revoked", keyId }, authorOf(by), signal);
    return keyOf(keys.find(keyId) ?? key);
  }

  /** Which life of the tenant's id its keys belong to; 0 for the server's. Throws unless the identity may look after them. */
  #lifeFor(by: Identity, tenantId: string): number {
    const { authority } = this.#deps;
    if (tenantId === "") {
      authority.requireServer(by);
      return 0;
    }
    const { incarnation } = authority.tenant(by, tenantId);
    authority.require(by, tenantId, "keys");
    return incarnation;
  }

  #checkTenantKey(by: Identity, request: CreateApiKey): void {
    const { authority } = this.#deps;
    const { tenantId, actor, roles } = request;
    authority.read(tenantId, ({ reads }) => {
      const known = new Set(reads.membershipLists.roles().map((role) => role.name));
      const unknown = roles.find((role) => !known.has(role));
      if (unknown !== undefined) throw roleNotFound(unknown);
    });
    const maker = authority.require(by, tenantId, "keys");
    if (maker === undefined) return;
    const made = authority.standingOf(tenantId, actor, roles);
    const missing = [...made.rights].find((right) => !maker.rights.has(right));
    if (missing !== undefined) throw beyondMaker(`hold the right ${missing}`, { right: missing });
    requireRoles(roles, maker, authority.standingOf(tenantId, actor, []));
    requireActors(by, request, maker);
  }
}

/** A role without any right still opens the nodes that are granted to it. */
function requireRoles(roles: readonly string[], maker: Standing, itself: Standing): void {
  if (maker.rights.has("data")) return;
  const held = new Set([...maker.principals, ...itself.principals]);
  const beyond = roles.find((role) => !held.has(`role:${role}`));
  if (beyond !== undefined) throw beyondMaker(`carry the role ${beyond}`, { role: beyond });
}

/** What an actor reaches without any right is its nodes and its mailbox. */
const RIGHTS_OVER_ACTORS: readonly Right[] = ["data", "mailboxes"];

function requireActors(by: Identity, request: CreateApiKey, maker: Standing): void {
  for (const actor of [request.actor, ...request.mayActAs]) {
    if (actor.startsWith("system:")) throw beyondMaker("speak for a system: actor", { actor });
  }
  const mayBe = (actor: string) =>
    actor === by.actor ||
    by.mayActAs.includes(actor) ||
    (by.mayActAs.includes(EVERYBODY_ELSE) && actor.startsWith("user:"));
  const beyond = request.mayActAs.find((actor) => !mayBe(actor));
  if (beyond !== undefined) throw beyondMaker(`act for ${beyond}`, { actor: beyond });
  if (mayBe(request.actor)) return;
  if (RIGHTS_OVER_ACTORS.every((right) => maker.rights.has(right))) return;
  throw beyondMaker(`speak for ${request.actor}`, { actor: request.actor });
}

/** The request with every name once. Throws INVALID_PRINCIPAL, INVALID_REQUEST, LIMIT_EXCEEDED. */
function checkRequest(request: CreateApiKey, now: number): CreateApiKey {
  const { tenantId, actor, name, expiresAt } = request;
  checkActors([actor], "actor");
  const named = request.mayActAs.filter((other) => other !== EVERYBODY_ELSE);
  const others = checkActors(named, "may_act_as");
  const mayActAs = named.length < request.mayActAs.length ? [EVERYBODY_ELSE, ...others] : others;
  const roles = checkRoles(request.roles, "roles");
  if (name.length > limits.apiKeyNameChars || !name.isWellFormed() || /\p{Cc}/u.test(name)) {
    throw invalid(
      "INVALID_REQUEST",
      "The key's name is not valid.",
      `Send at most ${limits.apiKeyNameChars} characters without control characters.`,
      { field: "name" },
    );
  }
  if (!Number.isSafeInteger(expiresAt) || (expiresAt !== 0 && expiresAt <= now)) {
    throw invalid(
      "INVALID_REQUEST",
      `The key would expire at ${expiresAt}, which is no time to come.`,
      "Send Unix milliseconds, or 0 for never.",
      { field: "expires_at" },
    );
  }
  return { tenantId, actor, mayActAs, roles, name, expiresAt };
}

function keyOf({ secretHash: _, incarnation: __, ...key }: StoredApiKey): ApiKey {
  return key;
}

function beyondMaker(what: string, details: Readonly<Record<string, string>>): EntError {
  return new EntError({
    code: "permission_denied",
    reason: "PERMISSION_DENIED",
    message: `The key would ${what}, which its maker may not.`,
    hint: "Ask for less, or have somebody make the key who may do that.",
    details,
  });
}

/** Does not repeat what was asked for: it may be a whole key, sent in the place of its id. */
function apiKeyNotFound(): EntError {
  return new EntError({
    code: "not_found",
    reason: "API_KEY_NOT_FOUND",
    message: "There is no key of this id here.",
    hint: "List the keys: what is asked for is the key's id, not the key itself.",
  });
}
