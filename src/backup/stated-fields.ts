import type { JsonObject } from "../base/json.ts";
import { sha256 } from "../base/sha256.ts";

/**
 * Members of the small JSON objects that say what others hold. Each ends with a hash of its own,
 * so that one in which a byte has changed is never believed. What is thrown says what is wrong.
 */
export type StatedFields = Readonly<Record<string, unknown>>;

/** The object's bytes, readable by people, with its own hash as the last member. */
export function encodeStated(content: JsonObject): Uint8Array {
  const hash = Buffer.from(sha256(Buffer.from(JSON.stringify(content)))).toString("hex");
  return Buffer.from(`${JSON.stringify({ ...content, own_sha256: hash }, undefined, 2)}\n`);
}

const SHA256 = /^[0-9a-f]{64}$/;

/** The members of such an object, whose `format` must be the one that is known. */
export function fieldsOf(bytes: Uint8Array, format: number): StatedFields {
  const content: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
  if (typeof content !== "object" || content === null) throw new Error("it is no JSON object");
  const fields: StatedFields = { ...content };
  const found = fields["format"];
  if (Number(found) > format) {
    throw new Error(`it has format ${found}, which this version does not know`);
  }
  if (found !== format) throw new Error("it names no format");
  const { own_sha256: _, ...stated } = content as JsonObject;
  if (Buffer.compare(encodeStated(stated), bytes) !== 0) {
    throw new Error("its own hash does not fit it");
  }
  return fields;
}

export function textIn(fields: StatedFields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string" || value === "") throw new Error(`its ${name} is missing`);
  return value;
}

/** A whole number from `min` on. */
export function countIn(fields: StatedFields, name: string, min = 0): number {
  const value = fields[name];
  if (!Number.isSafeInteger(value) || Number(value) < min) {
    throw new Error(`its ${name} is missing`);
  }
  return Number(value);
}

/** Whether the text is a SHA-256 in hexadecimal. */
export function isSha256(text: string): boolean {
  return SHA256.test(text);
}
