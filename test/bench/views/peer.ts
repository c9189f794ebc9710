import type { Postgres } from "../../services/postgres.ts";

/**
 * Starts a PostgreSQL with the tables and hands it to the stack to stop; undefined where none
 * is installed, which the report says.
 */
export type Peer = (opened: AsyncDisposableStack, cpus?: string) => Promise<Postgres | undefined>;
