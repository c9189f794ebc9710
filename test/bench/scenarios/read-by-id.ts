import { requireSame } from "../graph-database.ts";
import { personId, personOf, scattered } from "../people.ts";
import type { Scenario } from "./scenario.ts";

/** A node with all its fields, by its id. */
export const readById: Scenario = {
  name: "read",
  title: "Read a node by id",
  unit: "reads/s",
  unitsPerCall: 1,
  kind: "read",
  async call(database, n, { people }) {
    const wanted = scattered(n, people);
    const { id, name } = await database.getPerson(personId(wanted));
    requireSame("the node", { id, name }, { id: personId(wanted), name: personOf(wanted).name });
  },
};
