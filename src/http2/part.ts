/** These bytes of a piece; the piece itself when that is all of it: a view costs as much as reading a short frame. */
export function part<T extends Uint8Array>(piece: T, from: number, to: number): T {
  return from === 0 && to >= piece.length ? piece : (piece.subarray(from, to) as T);
}
