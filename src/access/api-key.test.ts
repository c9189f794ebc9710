import { expect, test } from "bun:test";
import { SeededRandom } from "../../test/harness/seeded-random.ts";
import { hashOfSecret, isSecretOf, makeApiKey, parseApiKey } from "./api-key.ts";

const key = makeApiKey(new SeededRandom(1));
const { secret = "" } = parseApiKey(key.text) ?? {};

test("a key says its id and its secret, and what is kept of it is a hash of the secret", () => {
  expect(key.text).toMatch(/^edb_[0-9a-z]{26}_[A-Za-z0-9_-]{43}$/);
  expect(parseApiKey(key.text)).toEqual({ keyId: key.keyId, secret });
  // 43 characters of 6 bits: more than the 128 that nobody guesses.
  expect(Buffer.from(secret, "base64url")).toHaveLength(32);
  expect(key.secretHash).toEqual(hashOfSecret(secret));
  expect(Buffer.from(key.secretHash).toString("latin1")).not.toContain(secret);
});

test.each([
  ["nothing", ""],
  ["another beginning", key.text.replace("edb_", "adb_")],
  ["a shorter id", key.text.replace(/^edb_./, "edb_")],
  ["a letter that ids do not have", key.text.replace(/^edb_./, "edb_l")],
  ["a shorter secret", key.text.slice(0, -1)],
  ["a longer secret", `${key.text}A`],
  ["a space behind it", `${key.text} `],
  ["a line end behind it", `${key.text}\n`],
])("%s is no key", (_, text) => {
  expect(parseApiKey(text)).toBeUndefined();
});

test("only the secret is the secret", () => {
  expect(isSecretOf(secret, key.secretHash)).toBe(true);
  const first = secret.startsWith("A") ? "B" : "A";
  expect(isSecretOf(first + secret.slice(1), key.secretHash)).toBe(false);
  expect(isSecretOf(secret, undefined)).toBe(false);
  expect(isSecretOf(secret, key.secretHash.slice(0, 31))).toBe(false);
  expect(isSecretOf("", new Uint8Array(32))).toBe(false);
});
