/**
 * From text to value, one function per kind of option. Every source (flag, environment,
 * file) hands in text, so that a value means the same wherever it was written.
 */

/** Raised by a parser; the loader adds the name and where the text came from. */
export class ParseError extends Error {
  override readonly name = "ParseError";
}

export interface Parser<T> {
  /** Throws {@link ParseError} with a clause that follows "… ": "must be a whole number". */
  parse(text: string): T;
  /** What may be written, for the help and the reference page: "true, false". */
  readonly accepts: string;
  /** A value as it would be written. */
  format(value: T): string;
}

/** Any text that is not empty. */
export const text: Parser<string> = {
  accepts: "text",
  parse: (given) => given,
  format: (value) => value,
};

export const boolean: Parser<boolean> = {
  accepts: "true, false",
  parse(given) {
    const lower = given.toLowerCase();
    if (["true", "1", "yes", "on"].includes(lower)) return true;
    if (["false", "0", "no", "off"].includes(lower)) return false;
    throw new ParseError("must be true or false");
  },
  format: String,
};

/** One of a fixed set of words, in any case; the value is spelled as in the set. */
export function choice<const T extends string>(...words: readonly T[]): Parser<T> {
  return {
    accepts: words.join(", "),
    parse(given) {
      const found = words.find((word) => word.toLowerCase() === given.toLowerCase());
      if (found === undefined) throw new ParseError(`must be one of ${words.join(", ")}`);
      return found;
    },
    format: (value) => value,
  };
}

/** A whole number within limits, both included. */
export function integer(min: number, max: number): Parser<number> {
  return {
    accepts: `${min} to ${max}`,
    parse: (given) => within(digits(given, "must be a whole number"), min, max, String),
    format: String,
  };
}

const UNITS = { "": 1, KIB: 1024, MIB: 1024 ** 2, GIB: 1024 ** 3 } as const;

/** A number of bytes within limits, both included: "4194304", "4096KiB", "4MiB". */
export function bytes(min: number, max: number): Parser<number> {
  return {
    accepts: `${formatBytes(min)} to ${formatBytes(max)}`,
    parse(given) {
      const refusal = "must be a number of bytes such as 1048576, 1024KiB or 1MiB";
      const [, amount, unit = ""] = /^(\d+) ?([KMG]iB)?$/i.exec(given) ?? [];
      if (amount === undefined) throw new ParseError(refusal);
      const factor = UNITS[unit.toUpperCase() as keyof typeof UNITS];
      return within(digits(amount, refusal) * factor, min, max, formatBytes);
    },
    format: formatBytes,
  };
}

const TIME_UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A length of time within limits, both included, as milliseconds: "500ms", "60s", "5m", "24h", "30d". */
export function duration(minMs: number, maxMs: number): Parser<number> {
  return {
    accepts: `${formatDuration(minMs)} to ${formatDuration(maxMs)}`,
    parse(given) {
      const refusal = "must be a length of time such as 500ms, 60s, 5m, 24h or 30d";
      const [, amount, unit] = /^(\d+) ?(ms|s|m|h|d)$/.exec(given) ?? [];
      if (amount === undefined) throw new ParseError(refusal);
      const factor = TIME_UNITS[unit as keyof typeof TIME_UNITS];
      return within(digits(amount, refusal) * factor, minMs, maxMs, formatDuration);
    },
    format: formatDuration,
  };
}

/** A host name or address without a port; brackets around an IPv6 address are taken off. */
export const host: Parser<string> = {
  accepts: "a host name or an address",
  parse(given) {
    const bare = given.replace(/^\[(.*)\]$/, "$1");
    const isName = /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(bare);
    if (!isName && !/^[0-9a-f:.]+(%[\w-]+)?$/i.test(bare)) {
      throw new ParseError("must be a host name or an address, without a port");
    }
    return bare;
  },
  format: (value) => value,
};

/** Texts divided by commas; spaces around them do not count. */
export const list: Parser<readonly string[]> = {
  accepts: "texts divided by commas",
  parse(given) {
    const parts = given.split(",").map((part) => part.trim());
    if (parts.includes("")) throw new ParseError("must not have an empty entry");
    return Object.freeze(parts);
  },
  format: (value) => value.join(","),
};

function digits(given: string, refusal: string): number {
  const value = Number(given);
  if (!/^\d+$/.test(given) || !Number.isSafeInteger(value)) throw new ParseError(refusal);
  return value;
}

function within(value: number, min: number, max: number, show: (n: number) => string): number {
  if (value >= min && value <= max) return value;
  throw new ParseError(`must be ${show(min)} to ${show(max)}`);
}

function formatBytes(value: number): string {
  for (const [unit, name] of [
    [UNITS.GIB, "GiB"],
    [UNITS.MIB, "MiB"],
    [UNITS.KIB, "KiB"],
  ] as const) {
    if (value >= unit && value % unit === 0) return `${value / unit}${name}`;
  }
  return String(value);
}

function formatDuration(ms: number): string {
  for (const [unit, factor] of Object.entries(TIME_UNITS).reverse()) {
    if (ms >= factor && ms % factor === 0) return `${ms / factor}${unit}`;
  }
  return `${ms}ms`;
}
