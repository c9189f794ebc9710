import { assert } from "../base/assert.ts";

const KEY = /^[A-Za-z0-9_:-][A-Za-z0-9._:-]*(\/[A-Za-z0-9_:-][A-Za-z0-9._:-]*)*$/;

/** Keys are made by EntDB from names that were checked before: another one is our own mistake. */
export function assertKey(key: string): void {
  assert(KEY.test(key), "an object's key is made of the characters that every store takes");
}

/** As {@link assertKey}, for what keys begin with: empty, whole parts, or the beginning of one. */
export function assertPrefix(prefix: string): void {
  const whole = prefix.endsWith("/") ? prefix.slice(0, -1) : prefix;
  assert(whole === "" || KEY.test(whole), "a prefix is the beginning of a key");
}
