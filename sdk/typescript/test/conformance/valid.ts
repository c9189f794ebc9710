/**
 * Holds files of cases to their JSON schema, as far as that schema goes: a member that nobody
 * reads would be a check that nobody makes.
 */
import { isList, isObject, type Json, type JsonObject } from "./json.ts";

/** What is wrong, as "path: …". */
export function violations(root: JsonObject, value: Json): string[] {
  return check(root, value, "file");

  function check(rule: JsonObject, json: Json, path: string): string[] {
    const reference = rule["$ref"];
    if (typeof reference === "string") return check(definition(reference), json, path);
    const types = rule["type"] ?? typeOf(json);
    const kinds = isList(types) ? types : [types];
    const kind = kinds.includes("number") && typeOf(json) === "integer" ? "number" : typeOf(json);
    if (!kinds.includes(kind)) return [`${path}: is ${kind}, not ${kinds.join(" or ")}`];
    if (isList(json)) return checkList(rule, json, path);
    return isObject(json) ? checkObject(rule, json, path) : checkWord(rule, json, path);
  }

  function checkWord(rule: JsonObject, json: Json, path: string): string[] {
    const { enum: words, pattern, minimum } = rule;
    const wrong =
      (isList(words) && !words.includes(json)) ||
      (typeof pattern === "string" && !new RegExp(pattern, "u").test(String(json))) ||
      (typeof minimum === "number" && Number(json) < minimum);
    return wrong ? [`${path}: ${json} is nothing that may stand there`] : [];
  }

  function checkList(rule: JsonObject, list: readonly Json[], path: string): string[] {
    const short = list.length < Number(rule["minItems"] ?? 0) ? [`${path}: is too short`] : [];
    const { items } = rule;
    if (!isObject(items)) return short;
    return [...short, ...list.flatMap((item, at) => check(items, item, `${path}[${at}]`))];
  }

  function checkObject(rule: JsonObject, object: JsonObject, path: string): string[] {
    // Written short: what it stands for is not a matter of the schema.
    if ("$repeat" in object) return [];
    const known = (rule["properties"] ?? {}) as JsonObject;
    const required = (rule["required"] ?? []) as readonly string[];
    const missing = required.filter((name) => !(name in object));
    const below = Object.entries(object).flatMap(([name, member]) => {
      const own = known[name] ?? rule["additionalProperties"];
      if (own === false) return [`${path}.${name}: is nothing that a case may say`];
      return isObject(own) ? check(own, member, `${path}.${name}`) : [];
    });
    return [...missing.map((name) => `${path}.${name}: is missing`), ...below];
  }

  function definition(reference: string): JsonObject {
    const name = reference.replace("#/$defs/", "");
    return (root["$defs"] as JsonObject)[name] as JsonObject;
  }
}

function typeOf(json: Json): string {
  if (json === null) return "null";
  if (isList(json)) return "array";
  return Number.isInteger(json) ? "integer" : typeof json;
}
