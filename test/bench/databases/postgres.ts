import { SQL } from "bun";
import {
  POSTGRES_DATABASE,
  POSTGRES_USER,
  type Postgres,
  startPostgres,
} from "../../services/postgres.ts";
import type { GraphDatabase, Side } from "../graph-database.ts";
import {
  edgeId,
  type FoundPerson,
  KNOWN_PER_PERSON,
  knownBy,
  type Person,
  personId,
  personOf,
} from "../people.ts";
import { runs } from "./entdb-schema.ts";

/**
 * PostgreSQL holding the same graph in tables of the same shape, each request in the one
 * statement that was the fastest of those tried: everything in one round trip, prepared. It is
 * asked for less than EntDB does: no types, no check that an edge's ends are there, no repeat
 * of a key's first answer.
 */
const TABLES = `
CREATE TABLE nodes (
  id text PRIMARY KEY,
  type_id int NOT NULL,
  owner text NOT NULL,
  version int NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  deleted boolean NOT NULL,
  fields jsonb NOT NULL
);
CREATE INDEX nodes_by_team ON nodes (type_id, ((fields->>'team')::bigint), id) WHERE NOT deleted;
CREATE TABLE edges (
  from_id text NOT NULL,
  edge_type_id int NOT NULL,
  to_id text NOT NULL,
  id text NOT NULL UNIQUE,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  fields jsonb NOT NULL,
  PRIMARY KEY (from_id, edge_type_id, to_id)
);
CREATE INDEX edges_by_target ON edges (to_id, edge_type_id, from_id);
CREATE TABLE idempotency (
  key text PRIMARY KEY,
  hash bytea NOT NULL,
  result bytea NOT NULL,
  applied_at bigint NOT NULL
);
`;

export type Sessions = (inFlight: number, kind: "write" | "read") => number;

/**
 * The sessions with which PostgreSQL was fastest here, of 8, 16, 32 and one for each caller:
 * commits gather behind one sync, and the client sends several requests on a session at once.
 */
export const pooledSessions: Sessions = (inFlight, kind) =>
  Math.min(inFlight, kind === "write" ? MOST_SESSIONS : 8);

export const MOST_SESSIONS = 32;

/** Starts a scratch server with the tables, set up so that neither checkpoints nor memory hold it back. */
export async function startBenchPostgres(cpus?: string): Promise<Postgres> {
  const settings = {
    max_connections: "300",
    shared_buffers: "512MB",
    max_wal_size: "8GB",
    jit: "off",
  };
  const server = await startPostgres(cpus === undefined ? { settings } : { settings, cpus });
  try {
    await using sql = openSql(server, "socket", 1);
    await sql.unsafe(TABLES);
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

/** What the server itself says of when it answers a commit. */
export async function postgresDurability(server: Postgres): Promise<string> {
  await using sql = openSql(server, "socket", 1);
  const names = ["fsync", "synchronous_commit", "wal_sync_method"];
  const settings = await sql<{ name: string; setting: string }[]>`
    SELECT name, setting FROM pg_settings WHERE name IN ${sql(names)} ORDER BY name`;
  return settings.map(({ name, setting }) => `${name}=${setting}`).join(", ");
}

/** The plain client of the runtime. `sessions` says how many there are for so many callers. */
export function postgresSide(
  server: Postgres,
  name: string,
  durability: string,
  way: "socket" | "tcp",
  sessions: Sessions,
): Side {
  return {
    name,
    durability,
    connect: async (inFlight, kind) => {
      const sql = openSql(server, way, sessions(inFlight, kind));
      await sql.connect();
      return new PostgresDatabase(sql);
    },
  };
}

function openSql(server: Postgres, way: "socket" | "tcp", max: number): SQL {
  const account = {
    adapter: "postgres",
    username: POSTGRES_USER,
    database: POSTGRES_DATABASE,
  } as const;
  const place =
    way === "socket" ? { path: server.socket } : { hostname: server.host, port: server.port };
  return new SQL({ ...account, ...place, max, prepare: true });
}

const LOAD_ROWS = 5_000;

/** Writes so many people, and whom they know. */
export async function loadPostgres(server: Postgres, people: number): Promise<void> {
  await using sql = openSql(server, "socket", 1);
  for (const numbers of runs(people, LOAD_ROWS)) {
    const rows = numbers.map((n) => ({ id: personId(n), fields: personOf(n) }));
    await sql`
      INSERT INTO nodes SELECT id, 1, 'user:bench', 1, ${Date.now()}, ${Date.now()}, false, fields
      FROM jsonb_to_recordset(${rows}::jsonb) AS t(id text, fields jsonb)`;
    const edges = numbers.flatMap((n) =>
      knownBy(n, people).map((to, i) => ({
        id: edgeId(n, i),
        from: personId(n),
        to: personId(to),
      })),
    );
    await sql`
      INSERT INTO edges SELECT "from", 1, "to", id, ${Date.now()}, ${Date.now()}, '{}'
      FROM jsonb_to_recordset(${edges}::jsonb) AS t(id text, "from" text, "to" text)`;
  }
  await sql.unsafe("VACUUM ANALYZE");
}

interface NodeRow {
  readonly id: string;
  readonly fields: Person;
}

const HASH = new Uint8Array(32).fill(7);
const RESULT = new Uint8Array(40).fill(9);

class PostgresDatabase implements GraphDatabase {
  readonly #sql: SQL;

  constructor(sql: SQL) {
    this.#sql = sql;
  }

  async createPerson(key: string, person: Person): Promise<string> {
    const now = Date.now();
    const [row] = await this.#sql<{ id: string }[]>`
      WITH fresh AS (
        INSERT INTO idempotency VALUES (${key}, ${HASH}, ${RESULT}, ${now})
        ON CONFLICT DO NOTHING RETURNING key)
      INSERT INTO nodes
      SELECT ${newId("nd_")}, 1, 'user:bench', 1, ${now}, ${now}, false, ${person}::jsonb FROM fresh
      RETURNING id`;
    return row?.id ?? "";
  }

  async createPair(key: string, first: Person, second: Person): Promise<readonly string[]> {
    const now = Date.now();
    const [a, b] = [newId("nd_"), newId("nd_")];
    const rows = await this.#sql<{ id: string }[]>`
      WITH fresh AS (
        INSERT INTO idempotency VALUES (${key}, ${HASH}, ${RESULT}, ${now})
        ON CONFLICT DO NOTHING RETURNING key),
      made AS (
        INSERT INTO nodes
        SELECT id, 1, 'user:bench', 1, ${now}, ${now}, false, fields FROM fresh,
          (VALUES (${a}::text, ${first}::jsonb), (${b}::text, ${second}::jsonb)) AS t(id, fields)
        RETURNING id),
      linked AS (
        INSERT INTO edges SELECT ${a}, 1, ${b}, ${newId("ed_")}, ${now}, ${now}, '{}' FROM fresh
        RETURNING id)
      SELECT id FROM made UNION ALL SELECT id FROM linked`;
    return rows.map(({ id }) => id);
  }

  async createPeople(key: string, people: readonly Person[]): Promise<readonly string[]> {
    const now = Date.now();
    const nodes = people.map((fields) => ({ id: newId("nd_"), fields }));
    const rows = await this.#sql<{ id: string }[]>`
      WITH fresh AS (
        INSERT INTO idempotency VALUES (${key}, ${HASH}, ${RESULT}, ${now})
        ON CONFLICT DO NOTHING RETURNING key)
      INSERT INTO nodes
      SELECT id, 1, 'user:bench', 1, ${now}, ${now}, false, fields
      FROM fresh, jsonb_to_recordset(${nodes}::jsonb) AS t(id text, fields jsonb)
      RETURNING id`;
    return rows.map(({ id }) => id);
  }

  async getPerson(id: string): Promise<FoundPerson> {
    const rows = await this.#sql<NodeRow[]>`
      SELECT id, type_id, owner, version, created_at, updated_at, fields FROM nodes
      WHERE id = ${id} AND NOT deleted`;
    return found(rows[0]);
  }

  async listTeam(team: number): Promise<readonly FoundPerson[]> {
    const rows = await this.#sql<NodeRow[]>`
      SELECT id, type_id, owner, version, created_at, updated_at, fields FROM nodes
      WHERE type_id = 1 AND (fields->>'team')::bigint = ${team} AND NOT deleted
      ORDER BY id LIMIT 11`;
    return rows.slice(0, 10).map(found);
  }

  async listKnown(id: string): Promise<readonly FoundPerson[]> {
    const rows = await this.#sql<NodeRow[]>`
      SELECT e.id AS edge_id, e.edge_type_id, e.from_id, e.to_id, e.created_at AS edge_created_at,
        e.updated_at AS edge_updated_at, e.fields AS edge_fields,
        n.id, n.type_id, n.owner, n.version, n.created_at, n.updated_at, n.fields
      FROM edges e JOIN nodes n ON n.id = e.to_id AND NOT n.deleted
      WHERE e.from_id = ${id} AND e.edge_type_id = 1
      ORDER BY e.to_id LIMIT ${KNOWN_PER_PERSON + 1}`;
    return rows.slice(0, KNOWN_PER_PERSON).map(found);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sql.close();
  }
}

function found(row: NodeRow | undefined): FoundPerson {
  return { id: row?.id ?? "", name: row?.fields.name ?? "" };
}

/** Grows with time, as EntDB's ids do: rows of one moment are neighbours in the index. */
function newId(prefix: "nd_" | "ed_"): string {
  return prefix + Bun.randomUUIDv7("hex");
}
