import { type JsonObject, objectsIn } from "../base/json.ts";
import type { CliContext } from "./context.ts";
import {
  type KeyFlag,
  keyMember,
  type OutputFlags,
  type TenantFlags,
  tenantClient,
} from "./flags.ts";

export type WriteFlags = TenantFlags & OutputFlags & KeyFlag;

/** Sends a transaction of one operation, and writes what became of it. */
export async function executeOne(
  context: CliContext,
  flags: WriteFlags,
  operation: JsonObject,
): Promise<void> {
  const receipt = await tenantClient(context, flags).post("/v1/atomic", {
    operations: [operation],
    ...keyMember(flags),
  });
  const [result] = objectsIn(receipt["results"]);
  const { wal_position: position, position_token: token } = receipt;
  await context.output.record(flags.output, {
    ...result,
    ...(position === undefined ? {} : { wal_position: position }),
    // For `watch --after`; nothing that a person reads.
    ...(token === undefined || flags.output === "table" ? {} : { position_token: token }),
  });
}
