import { EntError, invalid } from "./errors.ts";
import { limitDetails, limits } from "./limits.ts";

/**
 * A strict JSON reader for what clients and files hand us. Unlike `JSON.parse` it never
 * rounds an integer (beyond 2^53 it becomes a bigint), refuses a key given twice, has a
 * limit of depth, and can tell the source text of a member, so that a JSON value can be
 * stored as it was sent.
 *
 * The written form is the business of `json-write.ts`.
 */
export type JsonValue =
  | null
  | boolean
  | number
  /** An integer literal beyond ±(2^53−1). */
  | bigint
  | string
  | JsonDecimal
  | RawJson
  | readonly JsonValue[]
  | JsonObject;

export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/**
 * A number literal that no JavaScript number and no bigint of sensible length equals:
 * 1.00000000000000000001, 1e400, 40 digits. `nearest` is the nearest double, which may
 * be infinite; whoever wants an exact integer must refuse it.
 */
export class JsonDecimal {
  readonly source: string;
  readonly nearest: number;

  constructor(source: string, nearest: number) {
    this.source = source;
    this.nearest = nearest;
  }

  /** For plain `JSON.stringify`, which knows no other numbers. */
  toJSON(): number {
    return this.nearest;
  }
}

/** JSON text that `stringifyJson` writes verbatim. Plain `JSON.stringify` writes an equal value. */
export class RawJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toJSON(): unknown {
    return JSON.parse(this.text);
  }
}

export interface ParseJsonOptions {
  /** Lets {@link sourceOf} tell how each member was written. Defaults to false. */
  readonly keepSources?: boolean;
  /** Nesting of arrays and objects. Defaults to `limits.jsonBodyDepth`. */
  readonly maxDepth?: number;
}

/** Throws `EntError` INVALID_REQUEST, with line and column in the details. */
export function parseJson(text: string, options: ParseJsonOptions = {}): JsonValue {
  return new JsonParser(text, options).parse();
}

/** Whether the value is an object of members: no list, no null, none of our own number or text classes. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof JsonDecimal) &&
    !(value instanceof RawJson)
  );
}

export function isJsonList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** The objects in a list; none when it is no list. */
export function objectsIn(value: JsonValue | undefined): JsonObject[] {
  return isJsonList(value) ? value.filter(isJsonObject) : [];
}

/** The text that a member of a parsed object was written as; undefined unless `keepSources` was asked for. */
export function sourceOf(parent: JsonObject, key: string): string | undefined {
  const kept = sources.get(parent);
  const span = kept?.spans.get(key);
  return kept === undefined || span === undefined ? undefined : kept.text.slice(span[0], span[1]);
}

interface KeptSources {
  readonly text: string;
  readonly spans: Map<string, readonly [number, number]>;
}

const sources = new WeakMap<object, KeptSources>();
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
/** Digits of the longest integer that is worth a bigint: int64 has 19, and a sign. */
const MAX_INTEGER_CHARS = 40;

class JsonParser {
  readonly #text: string;
  readonly #keepSources: boolean;
  readonly #maxDepth: number;
  #at = 0;

  constructor(text: string, options: ParseJsonOptions) {
    this.#text = text;
    this.#keepSources = options.keepSources ?? false;
    this.#maxDepth = options.maxDepth ?? limits.jsonBodyDepth;
  }

  parse(): JsonValue {
    this.#space();
    const value = this.#value(0);
    this.#space();
    if (this.#at < this.#text.length) throw this.#unexpected();
    return value;
  }

  #value(depth: number): JsonValue {
    switch (this.#text.charCodeAt(this.#at)) {
      case 0x22:
        return this.#string();
      case 0x7b:
        return this.#object(this.#deeper(depth));
      case 0x5b:
        return this.#array(this.#deeper(depth));
      case 0x74:
        return this.#word("true", true);
      case 0x66:
        return this.#word("false", false);
      case 0x6e:
        return this.#word("null", null);
      default:
        return this.#number();
    }
  }

  #deeper(depth: number): number {
    if (depth < this.#maxDepth) return depth + 1;
    throw invalid(
      "LIMIT_EXCEEDED",
      `The JSON is nested deeper than ${this.#maxDepth} levels.`,
      "Send a flatter value.",
      limitDetails("jsonBodyDepth", this.#maxDepth),
    );
  }

  #object(depth: number): JsonObject {
    const object: Record<string, JsonValue> = {};
    const spans = this.#keepSources ? new Map<string, readonly [number, number]>() : undefined;
    if (spans !== undefined) sources.set(object, { text: this.#text, spans });
    this.#at++;
    this.#space();
    if (this.#take(0x7d)) return object;
    do {
      this.#space();
      const keyAt = this.#at;
      if (this.#text.charCodeAt(keyAt) !== 0x22) throw this.#unexpected("a key in double quotes");
      const key = this.#string();
      if (Object.hasOwn(object, key)) {
        throw this.#error(`the key ${JSON.stringify(key)} is given twice`, keyAt);
      }
      this.#space();
      if (!this.#take(0x3a)) throw this.#unexpected("a colon");
      this.#space();
      const start = this.#at;
      define(object, key, this.#value(depth));
      spans?.set(key, [start, this.#at]);
      this.#space();
    } while (this.#take(0x2c));
    if (!this.#take(0x7d)) throw this.#unexpected("a comma or a closing brace");
    return object;
  }

  #array(depth: number): JsonValue[] {
    const items: JsonValue[] = [];
    this.#at++;
    this.#space();
    if (this.#take(0x5d)) return items;
    do {
      this.#space();
      items.push(this.#value(depth));
      this.#space();
    } while (this.#take(0x2c));
    if (!this.#take(0x5d)) throw this.#unexpected("a comma or a closing bracket");
    return items;
  }

  #string(): string {
    const text = this.#text;
    let start = ++this.#at;
    let done = "";
    for (;;) {
      const code = text.charCodeAt(this.#at);
      if (code === 0x22) {
        const rest = text.slice(start, this.#at++);
        return done === "" ? rest : done + rest;
      }
      if (code === 0x5c) {
        done += text.slice(start, this.#at) + this.#escape();
        start = this.#at;
      } else if (code >= 0x20) {
        this.#at++;
      } else {
        // Also NaN: the text ends inside the string.
        throw this.#unexpected("the end of a string");
      }
    }
  }

  #escape(): string {
    const letter = this.#text.charAt(this.#at + 1);
    if (letter === "u") {
      const digits = this.#text.slice(this.#at + 2, this.#at + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.#error("a broken \\u escape", this.#at);
      this.#at += 6;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const plain = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
    if (plain === undefined) throw this.#error("an unknown escape", this.#at);
    this.#at += 2;
    return plain;
  }

  #number(): JsonValue {
    NUMBER.lastIndex = this.#at;
    const source = NUMBER.exec(this.#text)?.[0];
    if (source === undefined) throw this.#unexpected("a value");
    this.#at += source.length;
    return numberOf(source);
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#unexpected("a value");
    this.#at += word.length;
    return value;
  }

  #take(code: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== code) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at++;
    }
  }

  #unexpected(wanted?: string): EntError {
    const found =
      this.#at < this.#text.length
        ? JSON.stringify(String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0))
        : "the end";
    const instead = wanted === undefined ? "" : ` instead of ${wanted}`;
    return this.#error(`${found}${instead}`, this.#at);
  }

  #error(what: string, at: number): EntError {
    const before = this.#text.slice(0, at);
    const line = before.split("\n").length;
    const column = at - before.lastIndexOf("\n");
    return new EntError({
      code: "invalid_argument",
      reason: "INVALID_REQUEST",
      message: `not valid JSON: ${what} at line ${line}, column ${column}`,
      hint: "Correct the JSON text.",
      details: { line: String(line), column: String(column) },
    });
  }
}

/** Assignment to `__proto__` would set the prototype instead of a member. */
function define(object: Record<string, JsonValue>, key: string, value: JsonValue): void {
  if (key !== "__proto__") object[key] = value;
  else {
    Object.defineProperty(object, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
}

function numberOf(source: string): number | bigint | JsonDecimal {
  const nearest = Number(source);
  if (/^-?[0-9]+$/.test(source)) {
    if (Number.isSafeInteger(nearest)) return nearest;
    if (source.length <= MAX_INTEGER_CHARS) return BigInt(source);
    return new JsonDecimal(source, nearest);
  }
  if (Number.isFinite(nearest) && !Number.isInteger(nearest)) return nearest;
  const exact = Number.isSafeInteger(nearest) && isWrittenAs(source, nearest);
  return exact ? nearest : new JsonDecimal(source, nearest);
}

/** Whether a literal with fraction or exponent is exactly the integer that is its nearest double. */
function isWrittenAs(source: string, integer: number): boolean {
  const [mantissa = "", exponent = "0"] = source.replace(/^-/, "").toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const digits = whole + fraction;
  if (/^0+$/.test(digits)) return true;
  const point = whole.length + Number(exponent);
  const integerDigits = digits.slice(0, Math.max(point, 0)).padEnd(Math.min(point, 20), "0");
  const rest = digits.slice(Math.max(point, 0));
  return /^0*$/.test(rest) && integerDigits.replace(/^0+/, "") === String(Math.abs(integer));
}
