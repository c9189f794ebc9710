/**
 * Any rows and any change of schema: brought to it in slices of any size, or in the record's own
 * transaction, a tenant comes to the same outcome and the same rows. fast-check prints the seed
 * of a failure.
 */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { viewRows } from "../harness/built-views.ts";
import { createNode, deleteNode, int, ownId } from "../harness/operations.ts";
import { TestPartition, until } from "../harness/partition.ts";
import { formOf, operationsOf, rows, START, shape } from "../harness/random-schema-change.ts";
import { schemaOf } from "../harness/schemas.ts";

const RUNS = 40;

/** One step of a tenant's life: the types come by a replacement, or along with a write. */
const change = fc.record({
  to: shape,
  attached: fc.boolean(),
  /** With types that come along: whether the write itself is refused. */
  refused: fc.boolean(),
});

test("in slices or at once, the outcome and the rows are the same", async () => {
  const scenario = fc.record({
    rows,
    changes: fc.array(change, { minLength: 1, maxLength: 3 }),
    sliceRows: fc.integer({ min: 1, max: 6 }),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ rows, changes, sliceRows }) => {
      const sliced = { buildRowsAtOnce: -1, buildSliceRows: sliceRows };
      const ways = [sliced, { buildRowsAtOnce: 1_000_000 }];
      const found: unknown[] = [];
      for (const way of ways) {
        await using partition = await TestPartition.open(way);
        const tenant = partition.tenant("acme");
        await tenant.register(START, "start");
        const operations = operationsOf(rows);
        if (operations.length > 0) await tenant.execute(operations, { key: "rows" });
        const told: string[] = [];
        for (const [n, { to, attached, refused }] of changes.entries()) {
          const form = formOf(to);
          const write = refused ? deleteNode(ownId("nd", 500)) : createNode(1, { 2: int(n) });
          const doing = attached
            ? tenant.execute([createNode(1, {}, { id: ownId("nd", 600 + n) }), write], {
                key: `change-${n}`,
                schema: schemaOf(form),
              })
            : tenant.register(form, `change-${n}`, "replace");
          told.push(await doing.then(() => "applied", String));
          await until(() => partition.engine.logState().tenantsBehind.length === 0);
        }
        found.push({ told, ...viewRows(partition, "acme") });
      }
      expect(found[0]).toEqual(found[1]);
    }),
    { numRuns: RUNS },
  );
}, 120_000);
