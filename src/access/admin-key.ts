import { readFile } from "node:fs/promises";
import { systemErrorCode, writeDurably } from "../base/durable-file.ts";
import { EntError } from "../base/errors.ts";
import type { Random } from "../base/random.ts";
import { ADMIN_ROLE } from "../record/access.ts";
import type { ApiKeyCreated } from "../record/transaction.ts";
import { hashOfSecret, type MadeApiKey, makeApiKey, parseApiKey } from "./api-key.ts";

/**
 * The first key of a server that asks for credentials: without one nobody could ask for
 * another. It is made when there has never been a key of the server, and never again:
 * whoever loses it makes another while the server trusts loopback.
 *
 * It is handed over before its record is appended. A crash in between leaves a key that
 * does not hold, and the next start makes another; the other way round nobody would have
 * the key that holds.
 */
export interface AdminKeyOptions {
  readonly random: Random;
  /** Where the key goes, or comes from; empty: `tell` gets it. */
  readonly file: string;
  readonly tell: (key: string) => Promise<void>;
  /** Makes the key hold. */
  readonly append: (key: ApiKeyCreated) => Promise<void>;
}

const ACTOR = "system:admin";

/** Throws CONFIG_INVALID when the file holds something that is no key, or cannot be read or written. */
export async function makeAdminKey({ random, file, tell, append }: AdminKeyOptions): Promise<void> {
  const given = file === "" ? undefined : await keyIn(file);
  const key = given ?? makeApiKey(random);
  if (file === "") await tell(key.text);
  else if (given === undefined) await write(file, key.text);
  await append({
    kind: "api_key_created",
    keyId: key.keyId,
    secretHash: key.secretHash,
    tenantId: "",
    incarnation: 0,
    actor: ACTOR,
    mayActAs: ["*"],
    roles: [ADMIN_ROLE],
    name: "first key of the server",
    expiresAt: 0,
  });
}

/** The key that the file holds already: an operator's own, or one from a start that was cut off. */
async function keyIn(file: string): Promise<MadeApiKey | undefined> {
  let text: string;
  try {
    text = (await readFile(file, "utf8")).trim();
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw unusable(file, error);
  }
  const parsed = parseApiKey(text);
  if (parsed !== undefined) {
    return { keyId: parsed.keyId, secretHash: hashOfSecret(parsed.secret), text };
  }
  throw new EntError({
    code: "failed_precondition",
    reason: "CONFIG_INVALID",
    message: `The file ${file} is to hold the server's first key, and holds something else.`,
    hint: "Name a file that is not there yet with --admin-key-file, or take this one away.",
  });
}

async function write(file: string, key: string): Promise<void> {
  try {
    await writeDurably(file, `${key}\n`);
  } catch (error) {
    throw unusable(file, error);
  }
}

function unusable(file: string, error: unknown): EntError {
  return new EntError({
    code: "failed_precondition",
    reason: "CONFIG_INVALID",
    message: `The file ${file} for the server's first key cannot be used: ${systemErrorCode(error) ?? "unknown"}.`,
    hint: "Name a file in a directory that is there and writable with --admin-key-file.",
  });
}
