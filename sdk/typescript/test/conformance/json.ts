/** What cases are written in: JSON, and what is written short in it. */

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json };

export type JsonObject = { readonly [name: string]: Json };

/** Writes `{"$repeat": …, "times": n}` out: a text that many times, or a list of that many items. */
export function writtenOut(json: Json): Json {
  if (isList(json)) return json.map(writtenOut);
  if (json === null || typeof json !== "object") return json;
  const repeated = json["$repeat"];
  if (repeated !== undefined) {
    const times = json["times"] as number;
    if (typeof repeated === "string") return repeated.repeat(times);
    const item = writtenOut((repeated as readonly Json[])[0] ?? null);
    return Array.from({ length: times }, () => item);
  }
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, writtenOut(value)]));
}

export function isList(json: unknown): json is readonly Json[] {
  return Array.isArray(json);
}

export function isObject(json: unknown): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}
