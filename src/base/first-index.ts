/**
 * The first index from `from` on, and below `to`, at which something holds, found by halving; `to`
 * when it holds nowhere there. From where it holds it must hold up to the end.
 */
export function firstIndex(from: number, to: number, holds: (index: number) => boolean): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
