import { requireSame } from "../graph-database.ts";
import { personId, scattered, TEAM_SIZE } from "../people.ts";
import type { Scenario } from "./scenario.ts";

/** Ten nodes by the value of an indexed field, in the order of their ids. */
export const query: Scenario = {
  name: "query",
  title: "Query ten nodes by an indexed field",
  unit: "reads/s",
  unitsPerCall: 1,
  kind: "read",
  async call(database, n, { people }) {
    const team = scattered(n, people / TEAM_SIZE);
    const found = await database.listTeam(team);
    requireSame(
      "the nodes",
      found.map(({ id }) => id),
      Array.from({ length: TEAM_SIZE }, (_, i) => personId(team * TEAM_SIZE + i)),
    );
  },
};
