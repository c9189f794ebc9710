import { expect, test } from "bun:test";
import { GRAPH_SCHEMA } from "../../test/harness/graph-schema.ts";
import { TestPartition } from "../../test/harness/partition.ts";
import { limits } from "../base/limits.ts";

test("open tenants share one budget of page cache, whoever came first", async () => {
  await using partition = await TestPartition.open({ openTenants: 24 });
  const { stores } = partition.partition;
  const { viewCacheBytes: budget, viewCacheLargestBytes: most } = limits;

  /** What each connection of each open tenant may keep, in bytes. */
  const caches = () =>
    [...stores.allOpen()]
      .filter((store) => store !== stores.system)
      .flatMap(({ writeConnection, readConnection }) =>
        [writeConnection, readConnection].map(
          (db) => Number(db.query("PRAGMA cache_size").values()[0]?.[0]) * -1024,
        ),
      );

  for (let tenants = 1; tenants <= 40; tenants++) {
    await partition.tenant(`tenant-${tenants}`).register(GRAPH_SCHEMA);
    const open = Math.min(tenants, 24);
    const each = caches();
    expect(each).toHaveLength(2 * open);
    expect(new Set(each).size).toBe(1);
    const [share = 0] = each;
    expect(share * 2 * open).toBeLessThanOrEqual(budget);
    // No more than half of the budget is left lying.
    expect(Math.min(share * 4 * open, most * 4 * open)).toBeGreaterThan(Math.min(budget, most));
  }
});
