/**
 * One log record as one line, JSON or text. Whatever a client managed to get into a message or
 * a field, the line stays one line, shows no control characters, keeps its size and names no
 * secret.
 */
import { EntError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";

/** What belongs to a message: names in snake_case, values of any kind. Undefined ones are left out. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface LogEntry {
  /** Unix milliseconds. */
  readonly time: number;
  readonly level: string;
  /** The part of the server that speaks: "wal", "rpc". */
  readonly area: string;
  readonly message: string;
  readonly fields: LogFields;
}

const HIDDEN = "(hidden)";
const SECRET_NAME =
  /secret|password|passwd|token|authorization|cookie|credential|api_?key|private_?key/i;
/** Positions are handed out as tokens and are no secret. */
const HARMLESS_NAME = /position_?token/i;
const MAX_DEPTH = 4;
const MAX_ITEMS = 32;

/** Controls, and what reorders or breaks a line when a terminal shows it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point.
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Makes lines; `secrets` are values that must not appear, wherever they come from. */
export class LogFormat {
  readonly #json: boolean;
  readonly #secrets: readonly string[];

  constructor(format: "json" | "text", secrets: readonly string[] = []) {
    this.#json = format === "json";
    // The longest first, so that one secret inside another does not leave the rest of it behind.
    this.#secrets = secrets.filter((s) => s !== "").sort((a, b) => b.length - a.length);
  }

  /** The line, with its newline. Never throws. */
  line(entry: LogEntry): string {
    const fields: [string, unknown][] = [];
    for (const [name, value] of Object.entries(entry.fields)) {
      if (value !== undefined) fields.push([name, this.#field(name, value, 0)]);
    }
    const message = this.#text(entry.message);
    return `${this.#json ? jsonLine(entry, message, fields) : textLine(entry, message, fields)}\n`;
  }

  #field(name: string, value: unknown, depth: number): unknown {
    if (SECRET_NAME.test(name) && !HARMLESS_NAME.test(name)) return HIDDEN;
    return this.#value(value, depth);
  }

  #value(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case "string":
        return this.#text(value);
      case "number":
        return Number.isFinite(value) ? value : String(value);
      case "bigint":
        return String(value);
      case "boolean":
        return value;
      case "object":
        return value === null ? null : this.#object(value, depth);
      default:
        return `(${typeof value})`;
    }
  }

  #object(value: object, depth: number): unknown {
    if (value instanceof Uint8Array) return `(${value.length} bytes)`;
    if (value instanceof Date) return value.toISOString();
    if (depth >= MAX_DEPTH) return "(…)";
    if (value instanceof Error) return this.#error(value, depth);
    if (Array.isArray(value)) {
      return value.slice(0, MAX_ITEMS).map((item) => this.#value(item, depth + 1));
    }
    const entries = Object.entries(value).slice(0, MAX_ITEMS);
    return Object.fromEntries(
      entries.map(([name, item]) => [name, this.#field(name, item, depth + 1)]),
    );
  }

  /** An error with what it says, where it was made, and what caused it. */
  #error(error: Error, depth: number): unknown {
    const known = error instanceof EntError ? { code: error.code, reason: error.reason } : {};
    const details = error instanceof EntError ? this.#value(error.details, depth + 1) : undefined;
    const code = "code" in error && typeof error.code === "string" ? { code: error.code } : {};
    return {
      name: this.#text(error.name),
      message: this.#text(error.message),
      ...code,
      ...known,
      details,
      stack: error.stack === undefined ? undefined : this.#text(frames(error.stack)),
      cause: error.cause === undefined ? undefined : this.#value(error.cause, depth + 1),
    };
  }

  #text(text: string): string {
    let clean = text.toWellFormed();
    // Before it is cut, or the beginning of a secret could be left at the cut.
    for (const secret of this.#secrets) clean = clean.replaceAll(secret, HIDDEN);
    return clean.length > limits.logFieldChars ? `${clean.slice(0, limits.logFieldChars)}…` : clean;
  }
}

/** The frames of a stack without the message above them. */
function frames(stack: string): string {
  return stack
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.startsWith("at "))
    .join("\n");
}

const FIXED = ["time", "level", "area", "message"] as const;

function jsonLine(entry: LogEntry, message: string, fields: [string, unknown][]): string {
  const free = fields.map(([name, value]) => {
    return [FIXED.some((fixed) => fixed === name) ? `${name}_` : name, value];
  });
  const { level, area } = entry;
  const time = new Date(entry.time).toISOString();
  return escapeUnprintable(
    JSON.stringify({ time, level, area, message, ...Object.fromEntries(free) }),
  );
}

/** Time, level, area, message, then name=value, quoted where a space would make it unclear. */
function textLine(entry: LogEntry, message: string, fields: [string, unknown][]): string {
  const written = fields.map(([name, value]) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return `${name}=${/^[^\s"=]+$/.test(text) ? text : JSON.stringify(text)}`;
  });
  const head = `${new Date(entry.time).toISOString()} ${entry.level.padEnd(5)} ${entry.area}:`;
  return escapeUnprintable([head, message, ...written].join(" "));
}

function escapeUnprintable(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
