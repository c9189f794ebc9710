import type { Registry } from "@bufbuild/protobuf";

/**
 * The text of a JSON message, read strictly. `JSON.parse`, which the protobuf library
 * uses, rounds a long integer without a word; written as a string it is exact, and
 * protobuf's JSON takes a string wherever it takes a number. So long numbers are put in
 * quotes before they are parsed, and a fraction where an integer belongs stays an error.
 */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Shorter ones are exact in a double. */
const LONG_NUMBER_CHARS = 16;
const MAYBE_LONG = /[\d.eE+-]{16}/;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** In the form that connect-es takes for its JSON codec. Throws a TypeError for what is not UTF-8. */
const strictJsonText = {
  decode(bytes?: Uint8Array): string {
    const text = decoder.decode(bytes);
    return MAYBE_LONG.test(text) ? quoteLongNumbers(text) : text;
  },
} as const;

/** For the JSON codec of connect-es. A name that the server does not know is a mistake of the sender, who should hear of it. */
export const JSON_OPTIONS = { ignoreUnknownFields: false, textDecoder: strictJsonText } as const;

/** The types that messages may carry in a google.protobuf.Any: JSON spells them out. */
export type AnyTypes = Registry;

export function jsonOptions(anyTypes: AnyTypes | undefined) {
  return anyTypes === undefined ? JSON_OPTIONS : { ...JSON_OPTIONS, registry: anyTypes };
}

/** Puts every number of 16 or more characters outside of strings in quotes. Text that is no JSON stays no JSON. */
export function quoteLongNumbers(text: string): string {
  let quoted = "";
  let copiedTo = 0;
  let at = 0;
  while (at < text.length) {
    const char = text.charCodeAt(at);
    if (char === 0x22) {
      at = endOfString(text, at);
      continue;
    }
    if (char !== 0x2d && (char < 0x30 || char > 0x39)) {
      at += 1;
      continue;
    }
    const end = endOfNumber(text, at);
    if (end - at >= LONG_NUMBER_CHARS) {
      quoted += `${text.slice(copiedTo, at)}"${text.slice(at, end)}"`;
      copiedTo = end;
    }
    at = end;
  }
  return quoted + text.slice(copiedTo);
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 0x5c) at += 1;
    else if (char === 0x22) return at + 1;
  }
  return text.length;
}

function endOfNumber(text: string, start: number): number {
  NUMBER.lastIndex = start;
  return NUMBER.test(text) ? NUMBER.lastIndex : start + 1;
}
