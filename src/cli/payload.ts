import { messageOf } from "../base/errors.ts";
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../base/json.ts";
import type { CliContext } from "./context.ts";
import { usageFailure } from "./failure.ts";

/**
 * Fields of a node as typed at a shell: `name=Ada` is text, `age:=36` is JSON
 * (`score:=null` clears), and `--payload` takes a whole JSON object as text, from a file
 * (`@node.json`) or from stdin (`-`). Assignments win over the payload.
 */
export async function readPayload(
  context: CliContext,
  assignments: readonly string[],
  payload: string | undefined,
): Promise<JsonObject> {
  const base = payload === undefined ? {} : await readObject(context, payload);
  return { ...base, ...parseAssignments(assignments) };
}

export function parseAssignments(assignments: readonly string[]): JsonObject {
  const fields: Record<string, JsonValue> = {};
  for (const assignment of assignments) {
    const match = /^([A-Za-z][A-Za-z0-9_]*)(:?=)(.*)$/s.exec(assignment);
    if (match === null) {
      throw usageFailure(
        `"${assignment}" does not set a field.`,
        "Write name=text, or name:=JSON for numbers, true, false, null and lists.",
      );
    }
    const [, name = "", sign, text = ""] = match;
    fields[name] = sign === "=" ? text : parseOrRefuse(text, `The value of ${name}`);
  }
  return fields;
}

async function readObject(context: CliContext, payload: string): Promise<JsonObject> {
  const value = await readJson(context, payload, "--payload");
  if (isJsonObject(value)) return value;
  throw usageFailure("--payload is not a JSON object.", 'Write it as {"name": "Ada"}.');
}

/** JSON from the command line, from a file (`@node.json`) or from stdin (`-`). */
export async function readJson(
  context: CliContext,
  text: string,
  what: string,
): Promise<JsonValue> {
  return parseOrRefuse(await payloadText(context, text), what);
}

async function payloadText(context: CliContext, payload: string): Promise<string> {
  if (payload === "-") return context.readInput();
  if (!payload.startsWith("@")) return payload;
  try {
    return await Bun.file(payload.slice(1)).text();
  } catch (cause) {
    throw usageFailure(`${payload.slice(1)} cannot be read: ${messageOf(cause)}`);
  }
}

function parseOrRefuse(text: string, what: string): JsonValue {
  try {
    return parseJson(text);
  } catch (cause) {
    throw usageFailure(
      `${what} is not JSON: ${messageOf(cause)}`,
      "Text inside JSON stands in double quotes.",
    );
  }
}
