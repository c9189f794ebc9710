/**
 * Whether what came is what a case expects. Of an object only what is named is looked at, except
 * below `fields`, where everything must be as written. Lists must be whole and in order. A thing
 * with an id may be expected by its name alone.
 */
import { isList, isObject, type Json, type JsonObject } from "./json.ts";

/** What is otherwise, as "path: …"; undefined when all is as expected. */
export function difference(
  expected: Json,
  actual: unknown,
  path = "result",
  whole = false,
): string | undefined {
  if (isObject(expected)) {
    if ("$any" in expected)
      return actual === undefined || actual === null ? missing(path) : undefined;
    if ("$numbers" in expected) return difference(numbers(expected["$numbers"]), actual, path);
    const pattern = expected["$match"];
    if (typeof pattern === "string") {
      const matches = typeof actual === "string" && new RegExp(pattern, "u").test(actual);
      return matches ? undefined : otherwise(path, expected, actual);
    }
    return differenceOfObjects(expected, actual, path, whole);
  }
  if (isList(expected)) return differenceOfLists(expected, actual, path, whole);
  const name = typeof expected === "string" && isObject(actual) ? actual["is"] : actual;
  return Object.is(expected, name) ? undefined : otherwise(path, expected, actual);
}

function differenceOfObjects(
  expected: { readonly [name: string]: Json },
  actual: unknown,
  path: string,
  whole: boolean,
): string | undefined {
  if (!isObject(actual)) return otherwise(path, expected, actual);
  for (const [name, value] of Object.entries(expected)) {
    const below = whole || name === "fields" || name === "metadata";
    const found = difference(value, actual[name], `${path}.${name}`, below);
    if (found !== undefined) return found;
  }
  const extra = Object.keys(actual).find((name) => !Object.hasOwn(expected, name));
  return whole && extra !== undefined ? `${path}.${extra}: is there, and should not be` : undefined;
}

function differenceOfLists(
  expected: readonly Json[],
  actual: unknown,
  path: string,
  whole: boolean,
): string | undefined {
  if (!isList(actual) || actual.length !== expected.length) {
    return otherwise(path, expected, actual);
  }
  for (const [index, item] of expected.entries()) {
    const found = difference(item, actual[index], `${path}[${index}]`, whole);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** From the first to the last one, up or down. */
function numbers(ends: Json | undefined): number[] {
  const [first, last] = ends as readonly [number, number];
  const step = first <= last ? 1 : -1;
  return Array.from({ length: Math.abs(last - first) + 1 }, (_, i) => first + i * step);
}

/** Of a result only one member: of each item of a list, or of a page's events. */
export function onlyMember(result: unknown, member: Json | undefined): unknown {
  if (member === undefined) return result;
  if (isList(result)) return result.map((item) => (item as JsonObject)[member as string]);
  const { events, ...page } = result as JsonObject;
  return { ...page, events: onlyMember(events, member) };
}

function missing(path: string): string {
  return `${path}: is not there`;
}

function otherwise(path: string, expected: unknown, actual: unknown): string {
  return `${path}: expected ${shown(expected)}, got ${shown(actual)}`;
}

function shown(value: unknown): string {
  if (Object.is(value, -0)) return "-0";
  const text =
    JSON.stringify(value, (_name, item: unknown) =>
      typeof item === "bigint" ? `${item}n` : item,
    ) ?? "nothing";
  return text.length > 800 ? `${text.slice(0, 800)}…` : text;
}
