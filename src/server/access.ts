/**
 * Puts together how the server learns who asks. In trusted mode nobody is asked. Otherwise
 * keys are looked up in the view of `_system`, tokens are verified if there is an issuer,
 * and the first start makes the key with which everything else can be made.
 */
import { readFile } from "node:fs/promises";
import { makeAdminKey } from "../access/admin-key.ts";
import { AuditLog } from "../access/audit-log.ts";
import { type Authenticator, CredentialAuthenticator, trusting } from "../access/authenticate.ts";
import { fetchKeys } from "../access/fetch-keys.ts";
import type { KeyLookup, StoredKey } from "../access/key-lookup.ts";
import { openTokenKeys } from "../access/token-keys.ts";
import { openTokenVerifier, type TokenVerifier } from "../access/token-verifier.ts";
import type { Clock } from "../base/clock.ts";
import { systemErrorCode } from "../base/durable-file.ts";
import { EntError, serverStopping } from "../base/errors.ts";
import type { Random } from "../base/random.ts";
import type { Config } from "../config/options.ts";
import { ApiKeyReader, type StoredApiKey } from "../store/reader/api-key-reader.ts";
import type { TenantStores } from "../store/tenant-stores.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Partition } from "./partition.ts";

export interface AccessParts {
  readonly partition: Pick<Partition, "systemLog" | "stores">;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Gets the server's first key when no file is named for it. Undefined: then none is made. */
  readonly tellAdminKey: ((key: string) => Promise<void>) | undefined;
}

export interface Access {
  readonly authenticator: Authenticator;
  /** Writes what the audit has counted; to be called after the faces have stopped. */
  stop(): Promise<void>;
}

const STARTER = { actor: "system:start", roles: [], credential: "" };
const AUDITOR = { actor: "system:audit", roles: [], credential: "" };
/** How long a stop waits for the audit's last records. */
const LAST_WORDS_MS = 2_000;
const NEVER = new AbortController().signal;

export async function openAccess(config: Config, parts: AccessParts): Promise<Access> {
  if (config.auth === "trusted") {
    return { authenticator: trusting, stop: () => Promise.resolve() };
  }
  const { partition, clock, log } = parts;
  const reader = new ApiKeyReader(partition.stores.system.readConnection);
  await makeFirstKey(config, reader, parts);
  const stopping = new AbortController();
  const audit = new AuditLog({
    clock,
    append: (event) => partition.systemLog.submit(event, AUDITOR, stopping.signal),
    failed: (cause) => log.warn("the audit could not be written; it is tried again", { cause }),
  });
  const tokens = config.jwtIssuer === "" ? undefined : await openTokens(config, clock, log);
  const keys = keyLookup(partition.stores, reader);
  return {
    authenticator: new CredentialAuthenticator({ keys, tokens, audit, clock }),
    // A catalog that cannot be written must not keep the server from stopping.
    stop: async () => {
      const disarm = clock.timer(LAST_WORDS_MS, () => stopping.abort(serverStopping()));
      await audit.stop();
      disarm();
    },
  };
}

async function makeFirstKey(
  config: Config,
  reader: ApiKeyReader,
  parts: AccessParts,
): Promise<void> {
  const { partition, random, tellAdminKey } = parts;
  if (reader.list("", 0, "", 1).length > 0) return;
  if (config.adminKeyFile === "" && tellAdminKey === undefined) return;
  await makeAdminKey({
    random,
    file: config.adminKeyFile,
    tell: tellAdminKey ?? (() => Promise.resolve()),
    append: (key) => partition.systemLog.submit(key, STARTER, NEVER),
  });
}

function keyLookup(stores: TenantStores, reader: ApiKeyReader): KeyLookup {
  return {
    get version() {
      return stores.system.membershipVersion;
    },
    find(keyId) {
      const key = reader.find(keyId);
      return key === undefined || !isAlive(key, stores) ? undefined : storedKeyOf(key);
    },
  };
}

/** Whether the key is not revoked, and its tenant lives the life in which the key was made. */
function isAlive(key: StoredApiKey, stores: TenantStores): boolean {
  if (key.revokedAt !== 0) return false;
  return key.tenantId === "" || stores.findEntry(key.tenantId)?.incarnation === key.incarnation;
}

function storedKeyOf(key: StoredApiKey): StoredKey {
  return { ...key, expiresAt: key.expiresAt === 0 ? Number.POSITIVE_INFINITY : key.expiresAt };
}

async function openTokens(config: Config, clock: Clock, log: Logger): Promise<TokenVerifier> {
  const failed = (cause: unknown) =>
    log.warn("the keys of tokens cannot be read; tokens of keys that are not known are refused", {
      cause,
    });
  const keys = await openTokenKeys({ read: keySource(config, clock), clock, failed });
  try {
    await keys.readFirst();
  } catch (cause) {
    // An issuer that is down must not keep the server down; a file that is wrong must be mended.
    if (config.jwtKeysUrl === "") throw cause instanceof EntError ? cause : unreadable(cause);
    failed(cause);
  }
  const { jwtIssuer: issuer, jwtAudience: audience, jwtAlgorithms: algorithms } = config;
  const claims = {
    tenant: config.jwtTenantClaim,
    actor: config.jwtActorClaim,
    roles: config.jwtRolesClaim,
    mayBeOfServer: config.jwtServer,
  };
  return openTokenVerifier({ issuer, audience, algorithms, claims, keys, clock, failed });
}

function unreadable(cause: unknown): EntError {
  return new EntError({
    code: "failed_precondition",
    reason: "CONFIG_INVALID",
    message: `ENTDB_JWT_KEYS_FILE names a file that cannot be read: ${systemErrorCode(cause) ?? "unknown"}.`,
    hint: "Name the file that holds the issuer's public keys.",
  });
}

function keySource(config: Config, clock: Clock): () => Promise<string> {
  if (config.jwtKeysUrl !== "") return () => fetchKeys(config.jwtKeysUrl, clock);
  if (config.jwtKeysFile !== "") return () => readFile(config.jwtKeysFile, "utf8");
  return () => Promise.resolve(config.jwtKeys);
}
