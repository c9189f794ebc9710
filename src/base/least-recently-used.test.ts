import { expect, test } from "bun:test";
import { leastRecentlyUsed } from "./least-recently-used.ts";

test("it holds as many as it may, and tells who leaves", () => {
  const left: string[] = [];
  const cache = leastRecentlyUsed<{ n: number }>(3, (value, key) => left.push(`${key}${value.n}`));
  for (const key of ["a", "b", "c"]) cache.set(key, { n: 1 });
  expect([cache.size, left]).toEqual([3, []]);
  cache.get("a");
  cache.set("d", { n: 1 });
  expect([[...cache.keys()].sort(), left]).toEqual([["a", "c", "d"], ["b1"]]);
  cache.set("a", { n: 2 });
  expect([cache.size, left]).toEqual([3, ["b1", "a1"]]);
});

test("an empty one takes no room for what may come", () => {
  const caches = 200;
  Bun.gc(true);
  const before = process.memoryUsage().heapUsed;
  const held = Array.from({ length: caches }, () => leastRecentlyUsed(10_000));
  Bun.gc(true);
  expect((process.memoryUsage().heapUsed - before) / caches).toBeLessThan(10_000);
  expect(held).toHaveLength(caches);
});
