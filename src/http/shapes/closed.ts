import * as v from "valibot";
import { type EntError, type ErrorReason, invalid } from "../../base/errors.ts";
import { type LimitName, limitDetails, limits } from "../../base/limits.ts";
import { didYouMean, suggest } from "../../base/suggest.ts";

/**
 * Shapes of requests, as valibot schemas: what a route reads is what its documentation
 * says, because both are made from the same shape. Every object is closed: a member that
 * is not in it is refused with the nearest names.
 */
export function closed<const E extends v.ObjectEntries>(entries: E) {
  return v.strictObject(entries, (issue) => memberProblem(issue, Object.keys(entries)));
}

/** A list may have as many items as the limit says; the refusal of a longer one names it. */
export function atMost<T extends readonly unknown[]>(limit: LimitName) {
  return v.maxLength<T, number, LimitName>(limits[limit], limit);
}

/** What the JSON came to. Throws INVALID_REQUEST, LIMIT_EXCEEDED, naming the place. */
export function check<S extends v.GenericSchema>(
  shape: S,
  json: unknown,
  place = "",
): v.InferOutput<S> {
  const result = v.safeParse(shape, json, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw refusal(issue, place);
}

/** Separates what is wrong from what to do in the text that a shape gives an issue. */
const SEPARATOR = "\n";

function memberProblem(issue: v.StrictObjectIssue, known: readonly string[]): string {
  const item = issue.path?.[0];
  if (item === undefined) return `must be an object${SEPARATOR}Send {"name": value, …}.`;
  const key = String(item.key);
  if (issue.expected === "never") {
    return `is not known${SEPARATOR}${didYouMean(suggest(key, known), `Known are ${known.join(", ")}.`)}`;
  }
  const sent = Object.keys(item.input as object).filter((name) => !known.includes(name));
  const [near] = suggest(key, sent);
  return `is required${SEPARATOR}${near === undefined ? `Send ${key}.` : `${near} is not known: did you mean ${key}?`}`;
}

function refusal(issue: v.BaseIssue<unknown>, place: string): EntError {
  const path = pathOf(issue, place);
  const [problem, hint] = problemOf(issue);
  return invalid(reasonOf(issue), `${path === "" ? "The body" : path} ${problem}.`, hint, {
    field: path,
    ...(issue.type === "max_length" && limitDetails(issue.message as LimitName)),
  });
}

function reasonOf(issue: v.BaseIssue<unknown>): ErrorReason {
  return issue.type === "max_length" ? "LIMIT_EXCEEDED" : "INVALID_REQUEST";
}

function pathOf(issue: v.BaseIssue<unknown>, place: string): string {
  let path = place;
  for (const item of issue.path ?? []) {
    const { key } = item as { key: unknown };
    if (typeof key === "number") path += `[${key}]`;
    else path += `${path === "" ? "" : "."}${String(key).slice(0, 64)}`;
  }
  return path;
}

function problemOf(issue: v.BaseIssue<unknown>): [problem: string, hint: string] {
  switch (issue.type) {
    case "strict_object":
    case "custom": {
      const [problem = "", hint = "Correct the request."] = issue.message.split(SEPARATOR);
      return [problem, hint];
    }
    case "max_length":
      return [`has more than ${issue.requirement} items`, "Split the request into several."];
    case "min_length":
      return ["is empty", "Send at least one item."];
    case "min_value":
      return [`must be at least ${issue.requirement}`, "Send a larger number, or leave it out."];
    case "max_value":
      return [`must be at most ${issue.requirement}`, "Send a smaller number."];
    case "integer":
      return ["must be a whole number", "Send a number without a fraction."];
    case "picklist":
      return choiceProblem(issue);
    case "variant":
      if (issue.expected !== "Object") return choiceProblem(issue);
      return kindProblem(issue);
    default:
      return kindProblem(issue);
  }
}

function kindProblem(issue: v.BaseIssue<unknown>): [problem: string, hint: string] {
  const noun = nounOf(issue.expected);
  return [`must be ${noun}`, `Send ${noun}.`];
}

function choiceProblem(issue: v.BaseIssue<unknown>): [problem: string, hint: string] {
  const choices = (issue.expected ?? "")
    .replace(/^\(|\)$/g, "")
    .split(" | ")
    .map((choice) => choice.replaceAll('"', ""));
  const near = typeof issue.input === "string" ? suggest(issue.input, choices) : [];
  return [`must be one of ${choices.join(", ")}`, didYouMean(near, "Use one of them.")];
}

const NOUNS: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  boolean: "true or false",
  Array: "a list",
  Object: "an object",
};

function nounOf(expected: string | null): string {
  return NOUNS[expected ?? ""] ?? `of another kind (${expected ?? "unknown"})`;
}
