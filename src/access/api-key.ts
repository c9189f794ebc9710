import { timingSafeEqual } from "node:crypto";
import { base32 } from "../base/ids.ts";
import type { Random } from "../base/random.ts";
import { sha256 } from "../base/sha256.ts";

/**
 * An API key as its holder has it: "edb_", the id by which the server finds it, "_", and a
 * secret of 256 random bits. The beginning tells people and secret scanners what it is.
 * The server keeps the id and a hash of the secret, never the secret: whoever reads log or
 * views cannot use what they find. A plain hash is enough, since nobody guesses 256 bits.
 */
const GRAMMAR = /^edb_([0-9a-hjkmnp-tv-z]{26})_([A-Za-z0-9_-]{43})$/;
const ID_BYTES = 16;
const SECRET_BYTES = 32;
/** What the secret of an unknown id is compared with, so that it takes as long as any other. */
const NOBODYS_HASH = new Uint8Array(32);

export interface ParsedApiKey {
  readonly keyId: string;
  readonly secret: string;
}

export interface MadeApiKey {
  readonly keyId: string;
  /** 32 bytes: all that is kept of the secret. */
  readonly secretHash: Uint8Array;
  /** The whole key, to be shown once. */
  readonly text: string;
}

export function makeApiKey(random: Random): MadeApiKey {
  const keyId = base32(random.bytes(ID_BYTES));
  const secret = Buffer.from(random.bytes(SECRET_BYTES)).toString("base64url");
  return { keyId, secretHash: hashOfSecret(secret), text: `edb_${keyId}_${secret}` };
}

/** Undefined for a text that is no key. */
export function parseApiKey(text: string): ParsedApiKey | undefined {
  const [, keyId, secret] = GRAMMAR.exec(text) ?? [];
  return keyId === undefined || secret === undefined ? undefined : { keyId, secret };
}

export function hashOfSecret(secret: string): Uint8Array {
  return sha256(Buffer.from(secret));
}

/** Whether the secret is the one of this hash; undefined: of no key. Takes equally long whatever it finds. */
export function isSecretOf(secret: string, secretHash: Uint8Array | undefined): boolean {
  const expected = secretHash?.length === NOBODYS_HASH.length ? secretHash : NOBODYS_HASH;
  const equal = timingSafeEqual(hashOfSecret(secret), expected);
  return equal && expected === secretHash;
}
