import { requireSame } from "../graph-database.ts";
import { newPersonOf } from "../people.ts";
import type { Scenario } from "./scenario.ts";

/** Two nodes, the edge between them, and the idempotency key. */
export const transaction: Scenario = {
  name: "transaction",
  title: "Durable transaction: two nodes and an edge",
  unit: "transactions/s",
  unitsPerCall: 1,
  kind: "write",
  async call(database, n, { run }) {
    const [first, second] = [newPersonOf(2 * n), newPersonOf(2 * n + 1)];
    const ids = await database.createPair(`${run}-pair-${n}`, first, second);
    requireSame(
      "what the new ids are of",
      ids.map((id) => id.slice(0, 3)),
      ["nd_", "nd_", "ed_"],
    );
  },
};
