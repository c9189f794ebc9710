import type { Random } from "../../base/random.ts";

/** Eight random bytes that tell a segment's batches from any other bytes, as two numbers; never both zero. */
export interface Salt {
  readonly high: number;
  readonly low: number;
}

/** The salt of no segment. */
export const NO_SALT: Salt = { high: 0, low: 0 };

/** A salt that no other segment has. */
export function newSalt(random: Random): Salt {
  const bytes = random.bytes(8);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const salt = getSalt(view, 0);
  return sameSalt(salt, NO_SALT) ? { high: 1, low: 1 } : salt;
}

/** Whether two salts are the same. */
export function sameSalt(a: Salt, b: Salt): boolean {
  return a.high === b.high && a.low === b.low;
}

export function putSalt(view: DataView, at: number, salt: Salt): void {
  view.setUint32(at, salt.high);
  view.setUint32(at + 4, salt.low);
}

export function getSalt(view: DataView, at: number): Salt {
  return { high: view.getUint32(at), low: view.getUint32(at + 4) };
}
