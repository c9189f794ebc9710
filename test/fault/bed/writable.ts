import { ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "../../../gen/google/rpc/error_details_pb.ts";
import type { Rpc } from "../../harness/wire.ts";
import { type Journal, TENANTS } from "./journal.ts";
import { contextOf, createCounter, READER } from "./requests.ts";
import { Violation } from "./violation.ts";
import { eventually } from "./within.ts";

const HEAL_MS = 120_000;
const LOOK_MS = 100;
const READ_MS = 60_000;
/** What a write is told that cannot be made durable now, or whose tenant cannot be brought up to it now. */
const REFUSALS: ReadonlySet<string> = new Set([
  "LOG_UNAVAILABLE",
  "OUTCOME_UNKNOWN",
  "TENANT_STALLED",
]);

/** Until every tenant takes writes again: by itself, without a restart. Throws a {@link Violation} after two minutes. */
export async function untilWritable(rpc: Rpc): Promise<void> {
  const deadline = performance.now() + HEAL_MS;
  for (const [writer, tenant] of TENANTS.entries()) {
    for (;;) {
      const refused = await refusalOfWrite(rpc, tenant, writer);
      if (refused === undefined) break;
      if (performance.now() > deadline) {
        throw new Violation(`writes did not come back by themselves: ${refused}`);
      }
      await Bun.sleep(LOOK_MS);
    }
  }
}

/** Until every tenant's mailboxes are read again. Throws a {@link Violation} after two minutes. */
export async function untilMailboxes(rpc: Rpc): Promise<void> {
  for (const tenantId of TENANTS) {
    await eventually(HEAL_MS, `the mailboxes of ${tenantId} are read`, async () => {
      return await rpc.getUnreadCount({ context: { tenantId, actor: READER } }).then(
        () => true,
        () => false,
      );
    });
  }
}

/** That a write is refused by name. Throws a {@link Violation}. */
export async function expectWritesRefused(rpc: Rpc): Promise<void> {
  const refused = await refusalOfWrite(rpc, TENANTS[0], 0);
  if (refused === undefined || !REFUSALS.has(refused)) {
    throw new Violation(`a write that cannot be made durable ended with ${refused ?? "success"}`);
  }
}

/** That reads by key go on, whatever becomes of writes. Throws a {@link Violation}. */
export async function expectReads(rpc: Rpc, journal: Journal): Promise<void> {
  for (const { tenant, nodeId } of journal.counters.values()) {
    const { node } = await rpc
      .getNode({ context: contextOf(tenant), id: nodeId }, { timeoutMs: READ_MS })
      .catch((error: unknown) => {
        throw new Violation(`reads do not go on: ${error}`, { cause: error });
      });
    if (node === undefined) throw new Violation(`reads do not go on: ${nodeId} is not found`);
  }
}

/** Why a write is not taken; undefined when it is. It repeats one that was applied, so that it changes nothing. */
async function refusalOfWrite(
  rpc: Rpc,
  tenant: string,
  writer: number,
): Promise<string | undefined> {
  try {
    await createCounter(rpc, tenant, writer);
    return undefined;
  } catch (error) {
    return ConnectError.from(error).findDetails(ErrorInfoSchema)[0]?.reason ?? String(error);
  }
}
