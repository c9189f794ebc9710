import { parseJson, RawJson } from "../base/json.ts";
import { limits } from "../base/limits.ts";

/** Of a payload that was sent as JSON without saying so. */
export const JSON_TYPE = "application/json";

/** "application/json", "application/vnd.acme+json; charset=utf-8" */
const JSON_TYPES = /^[\w.-]+\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function isJsonType(contentType: string): boolean {
  return JSON_TYPES.test(contentType);
}

/**
 * A payload as JSON in one line, its own text otherwise unchanged: where its type says JSON and
 * a strict reader agrees. Undefined for every other payload, which stands as base64.
 */
export function jsonPayload(contentType: string, payload: Uint8Array): RawJson | undefined {
  if (!isJsonType(contentType)) return undefined;
  try {
    const text = decoder.decode(payload);
    parseJson(text, { maxDepth: limits.jsonValueDepth });
    // Line ends stand between values only: inside texts they are escaped.
    return new RawJson(text.replaceAll(/[\r\n]/g, " "));
  } catch {
    return undefined;
  }
}
