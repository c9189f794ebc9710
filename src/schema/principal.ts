import { limits } from "../base/limits.ts";

const PRINCIPAL = /^(?:(?:user|role|group|system):[^\s\p{Cc}\p{Cs}]+|tenant:\*)$/u;

/**
 * Whether a grant may name it: an actor, a role, a group, or everybody. One grammar for all;
 * it is here because a schema names principals too, in its default grants.
 */
export function isPrincipal(text: string): boolean {
  return PRINCIPAL.test(text) && Buffer.byteLength(text) <= limits.actorBytes;
}
