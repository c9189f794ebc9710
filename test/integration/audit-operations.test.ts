/**
 * What operators do to a running server leaves no record of its own, and must be accounted for
 * all the same: every RPC of theirs that changes something, over every face, done or refused.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type CallOptions, createClient } from "@connectrpc/connect";
import { OperationsService } from "../../gen/entdb/v1/operations_service_pb.ts";
import { TenantService } from "../../gen/entdb/v1/tenant_service_pb.ts";
import { SecuredServer } from "../harness/secured-server.ts";
import { fillTenant } from "../harness/two-tenants.ts";
import { transportOf } from "../harness/wire.ts";

/** The action of each RPC that changes something, and its route of REST. */
const ACTIONS: Readonly<Record<string, { readonly action: string; readonly route: string }>> = {
  rebuildTenant: { action: "tenant_rebuilt", route: "/admin/tenants/acme/rebuild" },
  retryTenant: { action: "tenant_retried", route: "/admin/tenants/acme/retry" },
  createSnapshot: { action: "snapshot_created", route: "/admin/snapshot" },
};
const NO_SIDE_EFFECTS = 1;

let server: SecuredServer;
let asAdmin: CallOptions;

beforeAll(async () => {
  server = await SecuredServer.start(async ({ httpUrl }) => {
    await fillTenant(httpUrl, "acme");
  });
  asAdmin = { headers: { authorization: `Bearer ${server.adminKey}` } };
});
afterAll(() => server[Symbol.asyncDispose]());

async function audited(tenantId: string, action: string) {
  const tenants = createClient(TenantService, transportOf("grpc", server.grpcUrl, "2"));
  const { events } = await tenants.listAuditEvents({}, asAdmin);
  return events
    .filter((event) => event.tenantId === tenantId && event.action === action)
    .map(({ actor, credential, outcome }) => [actor, credential, outcome]);
}

for (const method of OperationsService.methods) {
  if (method.idempotency === NO_SIDE_EFFECTS) continue;
  test(`${method.name} is accounted for, done and refused`, async () => {
    const row = ACTIONS[method.localName];
    if (row === undefined) throw new Error(`${method.name} has no row: which action tells of it?`);
    const { action, route } = row;
    const operations = createClient(OperationsService, transportOf("grpc", server.grpcUrl, "2"));
    const call = (tenantId: string) =>
      operations[method.localName as "retryTenant"]({ tenantId }, asAdmin);
    await call("acme");
    const body = JSON.stringify(route.includes("acme") ? {} : { tenant_id: "acme" });
    const headers = { ...asAdmin.headers, "content-type": "application/json" } as const;
    await fetch(`${server.httpUrl}${route}`, { method: "POST", headers, body });
    await call("nobody").catch(() => undefined);
    const who = ["system:admin", `key:${server.adminKey.split("_")[1]}`];
    expect(await audited("acme", action)).toEqual([
      [...who, "applied"],
      [...who, "applied"],
    ]);
    expect(await audited("nobody", action)).toEqual([[...who, "TENANT_NOT_FOUND"]]);
  });
}
