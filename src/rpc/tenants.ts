/** `entdb.v1.TenantService`: tenants themselves. Who asks, what for, and the answer in the wire's words; nothing is decided here. */
import { create } from "@bufbuild/protobuf";
import {
  CreateTenantResponseSchema,
  DeleteTenantResponseSchema,
  GetTenantResponseSchema,
  ListTenantsResponseSchema,
  ResumeTenantResponseSchema,
  SetTenantLimitsResponseSchema,
  SuspendTenantResponseSchema,
  TenantLimitsSchema,
  TenantSchema,
  TenantService,
  TenantState,
  type Tenant as WireTenant,
} from "../../gen/entdb/v1/tenant_service_pb.ts";
import type { AdministrationPage, Page, Tenant } from "../engine/administration.ts";
import type { Engine } from "../engine/engine.ts";
import type { CallContext } from "./call-context.ts";
import { absentIsEmpty, emptyIsAbsent } from "./decode-read.ts";
import { misshapen } from "./decode-value.ts";
import { operatorOf } from "./interceptors/identity.ts";
import { type RpcMethod, unary } from "./methods.ts";

export function tenantMethods(engine: Engine): RpcMethod[] {
  return [
    createTenant(engine),
    getTenant(engine),
    listTenants(engine),
    suspendTenant(engine),
    resumeTenant(engine),
    deleteTenant(engine),
    setTenantLimits(engine),
  ];
}

/** A page as the wire asks for it. */
export function pageOf(request: {
  readonly pageSize: number;
  readonly cursor: Uint8Array;
}): AdministrationPage {
  return { pageSize: request.pageSize, cursor: emptyIsAbsent(request.cursor) };
}

/** What goes with every page's rows. */
export function pageEnd({ nextCursor, hasMore }: Page<unknown>) {
  return { nextCursor: absentIsEmpty(nextCursor), hasMore };
}

function createTenant({ administration }: Engine): RpcMethod {
  return unary(TenantService.method.createTenant, async (request, call) => {
    const { tenantId, admins } = request;
    const by = operatorOf(call);
    const made = await administration.createTenant(by, { tenantId, admins }, call.signal);
    return create(CreateTenantResponseSchema, { tenant: encodeTenant(made) });
  });
}

function getTenant({ administration }: Engine): RpcMethod {
  return unary(TenantService.method.getTenant, async (request, call) => {
    const tenant = await administration.getTenant(operatorOf(call), request.tenantId);
    return create(GetTenantResponseSchema, { tenant: encodeTenant(tenant) });
  });
}

function listTenants({ administration }: Engine): RpcMethod {
  return unary(TenantService.method.listTenants, async (request, call) => {
    const page = await administration.listTenants(operatorOf(call), pageOf(request));
    const tenants = page.items.map(encodeTenant);
    return create(ListTenantsResponseSchema, { tenants, ...pageEnd(page) });
  });
}

function suspendTenant({ administration }: Engine): RpcMethod {
  return unary(TenantService.method.suspendTenant, async ({ tenantId }, call) => {
    const tenant = await administration.suspendTenant(operatorOf(call), tenantId, call.signal);
    return create(SuspendTenantResponseSchema, { tenant: encodeTenant(tenant) });
  });
}

function resumeTenant({ administration }: Engine): RpcMethod {
  return unary(TenantService.method.resumeTenant, async ({ tenantId }, call) => {
    const tenant = await administration.resumeTenant(operatorOf(call), tenantId, call.signal);
    return create(ResumeTenantResponseSchema, { tenant: encodeTenant(tenant) });
  });
}

function deleteTenant({ administration }: Engine): RpcMethod {
  const answer = async (
    request: { readonly tenantId: string; readonly confirm: string },
    call: CallContext,
  ) => {
    const { tenantId, confirm } = request;
    const by = operatorOf(call);
    if (confirm !== tenantId) throw misshapen("confirm", "it must be the tenant's id once more");
    await administration.deleteTenant(by, tenantId, call.signal);
    return create(DeleteTenantResponseSchema);
  };
  return unary(TenantService.method.deleteTenant, answer, "long");
}

function setTenantLimits({ administration }: Engine): RpcMethod {
  return unary(TenantService.method.setTenantLimits, async (request, call) => {
    const { tenantId, limits } = request;
    if (limits === undefined) throw misshapen("limits", "say which");
    const wanted = {
      requestsPerSecond: numberOf(limits.requestsPerSecond),
      requestBurst: numberOf(limits.requestBurst),
    };
    const by = operatorOf(call);
    const tenant = await administration.setTenantLimits(by, tenantId, wanted, call.signal);
    return create(SetTenantLimitsResponseSchema, { tenant: encodeTenant(tenant) });
  });
}

function numberOf(value: bigint | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

function encodeTenant({ tenantId, state, createdAt, limits }: Tenant): WireTenant {
  const { requestsPerSecond, requestBurst } = limits;
  return create(TenantSchema, {
    tenantId,
    state: state === "active" ? TenantState.ACTIVE : TenantState.SUSPENDED,
    createdAt: BigInt(createdAt),
    limits: create(TenantLimitsSchema, {
      ...(requestsPerSecond !== undefined && { requestsPerSecond: BigInt(requestsPerSecond) }),
      ...(requestBurst !== undefined && { requestBurst: BigInt(requestBurst) }),
    }),
  });
}
