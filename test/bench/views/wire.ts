import { create } from "@bufbuild/protobuf";
import {
  EntDBService,
  ExecuteAtomicRequestSchema,
  GetNodeRequestSchema,
  ListEdgesRequestSchema,
  QueryNodesRequestSchema,
} from "../../../gen/entdb/v1/entdb_service_pb.ts";
import {
  CONTEXT,
  createEdge,
  createNode,
  knownRequest,
  teamRequest,
} from "../databases/entdb-client.ts";
import { grpcBody } from "../generators/h2load.ts";
import { newPersonOf, personId } from "../people.ts";
import { batch } from "../scenarios/batch.ts";
import type { Scenario } from "../scenarios/scenario.ts";

/**
 * The scenarios as the load generators send them: one and the same request each time. Reads
 * ask for the same rows on both sides; writes leave key and ids to the server (EntDB) or to
 * the script (PostgreSQL), so that each is a new one.
 */
const PERSON_ASKED_FOR = 7;

/** Method and framed message. Throws for a scenario that the wire has no form of. */
export function callOf(scenario: Scenario): { path: string; body: Uint8Array } {
  const service = `/${EntDBService.typeName}`;
  const write = (...operations: ReturnType<typeof createNode>[]) => ({
    path: `${service}/ExecuteAtomic`,
    body: grpcBody(
      ExecuteAtomicRequestSchema,
      create(ExecuteAtomicRequestSchema, { context: CONTEXT, operations }),
    ),
  });
  switch (scenario.name) {
    case "write":
      return write(createNode(newPersonOf(1)));
    case "transaction":
      return write(
        createNode(newPersonOf(1), "", "first"),
        createNode(newPersonOf(2), "", "second"),
        createEdge("$first.id", "$second.id"),
      );
    case "batch":
      return write(
        ...Array.from({ length: batch.unitsPerCall }, (_, i) => createNode(newPersonOf(i))),
      );
    case "read": {
      const request = { context: CONTEXT, id: personId(PERSON_ASKED_FOR) };
      const body = grpcBody(GetNodeRequestSchema, create(GetNodeRequestSchema, request));
      return { path: `${service}/GetNode`, body };
    }
    case "query": {
      const request = create(QueryNodesRequestSchema, teamRequest(0));
      return { path: `${service}/QueryNodes`, body: grpcBody(QueryNodesRequestSchema, request) };
    }
    case "edges": {
      const request = create(ListEdgesRequestSchema, knownRequest(personId(PERSON_ASKED_FOR)));
      return { path: `${service}/ListEdges`, body: grpcBody(ListEdgesRequestSchema, request) };
    }
    default:
      throw new Error(`${scenario.name} has no form on the wire`);
  }
}

/** The fields of every node that a script writes, as the variable `fields`: parsed anew each time, as by EntDB. */
export const FIELDS = JSON.stringify(newPersonOf(1));

const HASH = `'\\x${"07".repeat(32)}'`;
const RESULT = `'\\x${"09".repeat(40)}'`;
const NOW = "1700000000000";
/** pgbench would take a colon, even one in a text, for a variable. */
const OWNER = "'user-bench'";
const COUNT = "\\set n :n + 1\n";
const FRESH = `WITH fresh AS (
  INSERT INTO idempotency VALUES ('k-' || :run || '-' || :client_id || '-' || :n, ${HASH}, ${RESULT}, ${NOW})
  ON CONFLICT DO NOTHING RETURNING key)`;
const id = (prefix: string, suffix: string) =>
  `'${prefix}_' || :run || '-' || :client_id || '-' || :n || '${suffix}'`;
const NODE_COLUMNS = "id, type_id, owner, version, created_at, updated_at, fields";

/** The script for pgbench, in the statements of `databases/postgres.ts`. */
export function scriptOf(scenario: Scenario): string {
  switch (scenario.name) {
    case "write":
      return `${COUNT}${FRESH}
        INSERT INTO nodes
        SELECT ${id("nd", "")}, 1, ${OWNER}, 1, ${NOW}, ${NOW}, false, :fields::jsonb FROM fresh
        RETURNING id;`;
    case "transaction":
      return `${COUNT}${FRESH},
        made AS (
          INSERT INTO nodes
          SELECT id, 1, ${OWNER}, 1, ${NOW}, ${NOW}, false, fields FROM fresh,
            (VALUES (${id("nd", "a")}, :fields::jsonb), (${id("nd", "b")}, :fields::jsonb)) AS t(id, fields)
          RETURNING id),
        linked AS (
          INSERT INTO edges
          SELECT ${id("nd", "a")}, 1, ${id("nd", "b")}, ${id("ed", "")}, ${NOW}, ${NOW}, '{}' FROM fresh
          RETURNING id)
        SELECT id FROM made UNION ALL SELECT id FROM linked;`;
    case "batch":
      return `${COUNT}${FRESH}
        INSERT INTO nodes
        SELECT ${id("nd", "-")} || i, 1, ${OWNER}, 1, ${NOW}, ${NOW}, false, :fields::jsonb
        FROM fresh, generate_series(1, ${batch.unitsPerCall}) AS i
        RETURNING id;`;
    case "read":
      return `SELECT ${NODE_COLUMNS} FROM nodes
        WHERE id = '${personId(PERSON_ASKED_FOR)}' AND NOT deleted;`;
    case "query":
      return `SELECT ${NODE_COLUMNS} FROM nodes
        WHERE type_id = 1 AND (fields->>'team')::bigint = 0 AND NOT deleted
        ORDER BY id LIMIT 11;`;
    case "edges":
      return `SELECT e.id, e.edge_type_id, e.from_id, e.to_id, e.created_at, e.updated_at, e.fields,
          n.id, n.type_id, n.owner, n.version, n.created_at, n.updated_at, n.fields
        FROM edges e JOIN nodes n ON n.id = e.to_id AND NOT n.deleted
        WHERE e.from_id = '${personId(PERSON_ASKED_FOR)}' AND e.edge_type_id = 1
        ORDER BY e.to_id LIMIT 11;`;
    default:
      throw new Error(`${scenario.name} has no script`);
  }
}
