/** Members of the small JSON objects that say what others hold. What is thrown says what is wrong with them. */
export type StatedFields = Readonly<Record<string, unknown>>;

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
