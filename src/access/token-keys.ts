import type { JSONWebKeySet, JWTVerifyGetKey } from "jose";
import type { Clock } from "../base/clock.ts";
import { EntError } from "../base/errors.ts";

/**
 * The public keys of whoever issues tokens: a set that is read from where the operator
 * says, and read anew when it has grown old or a token names a key that is not in it. An
 * issuer that cannot be reached for a while hinders nobody whose key is known; a set that
 * could not be read for an hour is not used any more, so that a key that was taken back
 * does not hold for ever.
 *
 * Reading is bounded in number: tokens that name keys at random cause one a half minute.
 */
export interface TokenKeysOptions {
  /** Reads the set, as text. */
  readonly read: () => Promise<string>;
  readonly clock: Clock;
  /** Told when reading fails. */
  readonly failed: (cause: unknown) => void;
}

const FRESH_MS = 5 * 60_000;
const USABLE_MS = 60 * 60_000;
const COOLDOWN_MS = 30_000;
/** What kinds of key sign with an allowed algorithm. */
const KINDS: readonly unknown[] = ["OKP", "EC", "RSA"];
/** Members that only private keys have. */
const PRIVATE_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "k"];

type MakeFinder = (keys: JSONWebKeySet) => JWTVerifyGetKey;

export class TokenKeys {
  readonly #options: TokenKeysOptions;
  readonly #finderOf: MakeFinder;
  #finder: JWTVerifyGetKey | undefined;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  /** Use {@link openTokenKeys}. */
  constructor(options: TokenKeysOptions, finderOf: MakeFinder) {
    this.#options = options;
    this.#finderOf = finderOf;
  }

  /** Reads the set for the first time. Rejects when it cannot be read, or is none. */
  async readFirst(): Promise<void> {
    await this.#read();
  }

  /** The key that a token names, for the library that verifies. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const { clock } = this.#options;
    const ageMs = clock.monotonic() - this.#readAtMs;
    if (this.#finder === undefined || ageMs > USABLE_MS) {
      this.#finder = undefined;
      await this.#readAgain();
    } else if (ageMs > FRESH_MS) void this.#readAgain();
    try {
      return await this.#found(header, token);
    } catch (error) {
      if (!(await this.#readAgain())) throw error;
      return await this.#found(header, token);
    }
  };

  async #found(...wanted: Parameters<JWTVerifyGetKey>) {
    const finder = this.#finder ?? this.#finderOf({ keys: [] });
    return await finder(...wanted);
  }

  /** False when it was tried a moment ago, or has failed, which is told. */
  async #readAgain(): Promise<boolean> {
    const sinceMs = this.#options.clock.monotonic() - this.#triedAtMs;
    if (this.#reading === undefined && sinceMs < COOLDOWN_MS) return false;
    const attempt = this.#reading;
    try {
      await (attempt ?? this.#read());
      return true;
    } catch (cause) {
      // Several wait for one attempt; whoever began it tells.
      if (attempt === undefined) this.#options.failed(cause);
      return false;
    }
  }

  #read(): Promise<void> {
    this.#triedAtMs = this.#options.clock.monotonic();
    const reading = this.#options.read().then((text) => {
      this.#finder = this.#finderOf(parseKeys(text));
      this.#readAtMs = this.#options.clock.monotonic();
    });
    this.#reading = reading.finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }
}

/** Keys that have not been read yet. */
export async function openTokenKeys(options: TokenKeysOptions): Promise<TokenKeys> {
  const { createLocalJWKSet } = await import("jose");
  return new TokenKeys(options, createLocalJWKSet);
}

/** Throws CONFIG_INVALID for what is no set of public keys. Keys of kinds that sign nothing here are left out. */
function parseKeys(text: string): JSONWebKeySet {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  const keys = isObject(parsed) ? parsed["keys"] : undefined;
  if (!Array.isArray(keys) || !keys.every(isObject)) {
    throw invalidKeys('The keys of tokens are no JSON Web Key Set: {"keys": […]}.');
  }
  if (keys.some((key) => key["kty"] === "oct" || PRIVATE_MEMBERS.some((name) => name in key))) {
    throw invalidKeys(
      "The keys of tokens hold a private or shared key, which belongs to the issuer.",
    );
  }
  return { keys: keys.filter((key) => KINDS.includes(key["kty"])) as JSONWebKeySet["keys"] };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalidKeys(message: string): EntError {
  return new EntError({
    code: "failed_precondition",
    reason: "CONFIG_INVALID",
    message,
    hint: "Give the issuer's public keys, usually at its address with /.well-known/jwks.json behind it.",
  });
}
