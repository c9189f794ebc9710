/**
 * What all parts of one client share: stubs, the way calls are made, whom they are made for,
 * what has been written, and the types that both sides go by.
 */
import type { Client as Stub } from "@connectrpc/connect";
import type { Caller, CallOptions } from "../calls/caller.ts";
import type { Positions } from "../calls/positions.ts";
import { PositionError } from "../errors/refusals.ts";
import type { EntDBService } from "../gen/entdb/v1/entdb_service_pb.ts";
import { Consistency } from "../gen/entdb/v1/model_pb.ts";
import type { TenantService } from "../gen/entdb/v1/tenant_service_pb.ts";
import { chosen } from "../values/choice.ts";
import { type PositionToken, tokenBytes } from "../values/positions.ts";
import type { ClientSchema } from "./client-schema.ts";

/** Whom a client speaks for. Empty where the credential says it. */
export interface Identity {
  readonly tenantId: string;
  readonly actor: string;
}

/** What every read can be told. */
export interface ReadOptions extends CallOptions {
  /**
   * The answer is at least as new as this. Left out: as this client's own writes to the tenant. null: as
   * the server happens to be.
   */
  readonly atLeast?: PositionToken | null;
  /** "strong": everything that was durable before the read began. */
  readonly consistency?: "strong";
}

/** What every write can be told. */
export interface WriteOptions extends CallOptions {
  /** Left out: one is made, and kept for every try of the call. */
  readonly idempotencyKey?: string;
}

/** The parts of a client. */
export interface Session {
  readonly rpc: Stub<typeof EntDBService>;
  readonly tenants: Stub<typeof TenantService>;
  readonly caller: Caller;
  readonly identity: Identity;
  readonly positions: Positions;
  readonly schema: ClientSchema;
  readonly readYourWrites: boolean;
}

/** How fresh a read is to be, as requests carry it. */
export function freshnessOf(session: Session, options: ReadOptions) {
  const { atLeast, consistency } = options;
  const { tenantId } = session.identity;
  const remembered = session.readYourWrites ? session.positions.of(tenantId) : undefined;
  const token =
    atLeast === undefined ? remembered : atLeast === null ? undefined : tokenBytes(atLeast);
  return {
    atLeast: (token ?? new Uint8Array(0)) as Uint8Array<ArrayBuffer>,
    consistency:
      consistency === undefined
        ? Consistency.UNSPECIFIED
        : chosen({ strong: Consistency.STRONG }, consistency, "consistency"),
  };
}

/**
 * Waits for a read. Where the server does not know the position that this client remembers,
 * its log is another one than before: the position is forgotten, and the caller is told.
 */
export async function readAnswer<T>(
  session: Session,
  options: ReadOptions,
  call: Promise<T>,
): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const remembered = options.atLeast === undefined;
    if (error instanceof PositionError && remembered) {
      session.positions.forget(session.identity.tenantId);
    }
    throw error;
  }
}
