import { SQL } from "bun";
import { POSTGRES_DATABASE, POSTGRES_USER, type Postgres } from "../../services/postgres.ts";
import { pooledSessions } from "../databases/postgres.ts";
import { AGGREGATE_TYPE, EVENT_TYPE, type EventSide, PAYLOAD } from "./event-side.ts";

/**
 * PostgreSQL as an event store: a row for each aggregate that holds its version, and a table of
 * events. One statement moves the version and inserts, or does nothing. It is asked for less than
 * EntDB does: no gapless order of the whole, no repeat of a first answer.
 */
const TABLES = `
CREATE TABLE IF NOT EXISTS aggregates (id text PRIMARY KEY, type text NOT NULL, version bigint NOT NULL);
CREATE TABLE IF NOT EXISTS events (
  global_nonce bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id text NOT NULL UNIQUE,
  aggregate_id text NOT NULL,
  nonce bigint NOT NULL,
  type text NOT NULL,
  payload bytea NOT NULL,
  recorded_at bigint NOT NULL,
  UNIQUE (aggregate_id, nonce)
);`;

/** For pgbench: `:n` counts on from the version that {@link newAggregates} gives. */
export const APPEND_SCRIPT = `
\\set n :n + 1
WITH head AS (
  UPDATE aggregates SET version = :n WHERE id = :run::text || '-' || :client_id::text
    AND version = :n::bigint - 1 RETURNING id)
INSERT INTO events (event_id, aggregate_id, nonce, type, payload, recorded_at)
  SELECT id || '/' || :n::text, id, :n, '${EVENT_TYPE}', decode(:payload::text, 'hex'), 0 FROM head;
`;
export const APPEND_PAYLOAD: string = Buffer.from(PAYLOAD).toString("hex");
const PGBENCH_START = 10_000_000;

function open(server: Postgres, max: number): SQL {
  const { host: hostname, port } = server;
  const account = { username: POSTGRES_USER, database: POSTGRES_DATABASE };
  return new SQL({ adapter: "postgres", ...account, hostname, port, max, prepare: true });
}

/** Makes the tables where they are not there, and aggregates that nothing was appended to. */
export async function newAggregates(server: Postgres, run: string, count: number): Promise<void> {
  await using sql = open(server, 1);
  await sql.unsafe(TABLES);
  await sql`
    INSERT INTO aggregates SELECT ${run}::text || '-' || i, ${AGGREGATE_TYPE}::text, ${PGBENCH_START}::bigint
    FROM generate_series(0, ${count}::int - 1) AS i`;
}

/** Events of a run: a statement that found another version inserted none. */
export async function countEvents(server: Postgres, run: string): Promise<number> {
  await using sql = open(server, 1);
  const [row] = await sql<{ count: string }[]>`
    SELECT count(*) AS count FROM events WHERE aggregate_id LIKE ${`${run}-%`}::text`;
  return Number(row?.count);
}

export async function postgresEvents(server: Postgres, inFlight: number): Promise<EventSide> {
  const sql = open(server, pooledSessions(inFlight, "write"));
  await sql.unsafe(TABLES);
  return {
    name: "PostgreSQL",
    async append(aggregate, count) {
      const { id, head } = aggregate;
      const rows = await sql<{ nonce: string }[]>`
        WITH head AS (
          INSERT INTO aggregates VALUES (${id}, ${AGGREGATE_TYPE}, ${head + count})
          ON CONFLICT (id) DO UPDATE SET version = excluded.version
            WHERE aggregates.version = ${head} RETURNING id)
        INSERT INTO events (event_id, aggregate_id, nonce, type, payload, recorded_at)
          SELECT id || '/' || nonce, id, nonce, ${EVENT_TYPE}, ${PAYLOAD}::bytea, 0
          FROM head, generate_series(${head + 1}::int, ${head + count}::int) AS nonce
        RETURNING nonce`;
      if (rows.length !== count) throw new Error(`${id} is not at ${head}`);
      aggregate.head += count;
    },
    [Symbol.asyncDispose]: () => sql.close(),
  };
}
