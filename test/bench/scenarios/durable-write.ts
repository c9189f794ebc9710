import { requireSame } from "../graph-database.ts";
import { newPersonOf } from "../people.ts";
import type { Scenario } from "./scenario.ts";

/** One node and its idempotency key, acknowledged when durable and readable. */
export const durableWrite: Scenario = {
  name: "write",
  title: "Durable write: one node",
  unit: "transactions/s",
  unitsPerCall: 1,
  kind: "write",
  async call(database, n, { run }) {
    const id = await database.createPerson(`${run}-one-${n}`, newPersonOf(n));
    requireSame("the id of the new node", id.startsWith("nd_"), true);
  },
};
