import { requireSame } from "../graph-database.ts";
import { knownBy, personId, personOf, scattered } from "../people.ts";
import type { Scenario } from "./scenario.ts";

/** The ten edges that leave a node, with the nodes at their ends. */
export const listEdges: Scenario = {
  name: "edges",
  title: "List ten edges with their nodes",
  unit: "reads/s",
  unitsPerCall: 1,
  kind: "read",
  async call(database, n, { people }) {
    const from = scattered(n, people);
    const found = await database.listKnown(personId(from));
    const wanted = knownBy(from, people).sort((a, b) => a - b);
    requireSame(
      "the nodes at the ends",
      found.map(({ id, name }) => ({ id, name })),
      wanted.map((other) => ({ id: personId(other), name: personOf(other).name })),
    );
  },
};
