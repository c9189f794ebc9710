import { requireSame } from "../graph-database.ts";
import { newPersonOf } from "../people.ts";
import type { Scenario } from "./scenario.ts";

const OPERATIONS = 100;

/** A hundred nodes and the idempotency key, all or nothing. */
export const batch: Scenario = {
  name: "batch",
  title: "Durable transaction of 100 operations",
  unit: "operations/s",
  unitsPerCall: OPERATIONS,
  kind: "write",
  async call(database, n, { run }) {
    const people = Array.from({ length: OPERATIONS }, (_, i) => newPersonOf(n * OPERATIONS + i));
    const ids = await database.createPeople(`${run}-batch-${n}`, people);
    requireSame("the number of new nodes", new Set(ids).size, OPERATIONS);
  },
};
