const TWO_32 = 2 ** 32;

/** Writes a whole number below 2^53 as 8 big-endian bytes, without the price of a bigint. */
export function putU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value / TWO_32);
  view.setUint32(at + 4, value);
}

/** Reads 8 big-endian bytes as a number. Above 2^53 it is not exact, which no value of ours ever is. */
export function getU64(view: DataView, at: number): number {
  return view.getUint32(at) * TWO_32 + view.getUint32(at + 4);
}
