import { LRUCache } from "lru-cache";

/**
 * A cache of at most so many entries, which forgets the one that was not asked for longest;
 * `dispose` is told of every entry that leaves. It grows as it fills: given its entries as
 * `max` the library takes room for all of them at once, which for ours was a tenth of a start.
 */
export function leastRecentlyUsed<V extends NonNullable<unknown>>(
  entries: number,
  dispose?: (value: V, key: string) => void,
): LRUCache<string, V> {
  return new LRUCache<string, V>({
    maxSize: entries,
    sizeCalculation: one,
    ...(dispose && { dispose }),
  });
}

const one = () => 1;
