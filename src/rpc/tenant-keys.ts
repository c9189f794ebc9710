/** `entdb.v1.TenantService`: API keys, and the audit of what was done. */
import { create } from "@bufbuild/protobuf";
import {
  ApiKeySchema,
  AuditEventSchema,
  CreateApiKeyResponseSchema,
  ListApiKeysResponseSchema,
  ListAuditEventsResponseSchema,
  RevokeApiKeyResponseSchema,
  TenantService,
} from "../../gen/entdb/v1/tenant_service_pb.ts";
import type { ApiKey, AuditEntry } from "../engine/administration.ts";
import type { Engine } from "../engine/engine.ts";
import { operatorOf } from "./interceptors/identity.ts";
import { type RpcMethod, unary } from "./methods.ts";
import { pageEnd, pageOf } from "./tenants.ts";

export function tenantKeyMethods(engine: Engine): RpcMethod[] {
  return [createApiKey(engine), listApiKeys(engine), revokeApiKey(engine), listAuditEvents(engine)];
}

function createApiKey({ administration }: Engine): RpcMethod {
  return unary(TenantService.method.createApiKey, async (request, call) => {
    const { tenantId, actor, mayActAs, roles, name, expiresAt } = request;
    const wanted = { tenantId, actor, mayActAs, roles, name, expiresAt: Number(expiresAt) };
    const made = await administration.createApiKey(operatorOf(call), wanted, call.signal);
    const key = encodeKey(made.key);
    return create(CreateApiKeyResponseSchema, { key, secret: made.secret });
  });
}

function listApiKeys({ administration }: Engine): RpcMethod {
  return unary(TenantService.method.listApiKeys, async (request, call) => {
    const page = await administration.listApiKeys(
      operatorOf(call),
      request.tenantId,
      pageOf(request),
    );
    const keys = page.items.map(encodeKey);
    return create(ListApiKeysResponseSchema, { keys, ...pageEnd(page) });
  });
}

function revokeApiKey({ administration }: Engine): RpcMethod {
  return unary(TenantService.method.revokeApiKey, async ({ keyId }, call) => {
    const key = await administration.revokeApiKey(operatorOf(call), keyId, call.signal);
    return create(RevokeApiKeyResponseSchema, { key: encodeKey(key) });
  });
}

function listAuditEvents({ administration }: Engine): RpcMethod {
  return unary(TenantService.method.listAuditEvents, async (request, call) => {
    const { tenantId } = request;
    const range = { from: Number(request.from), until: Number(request.until) };
    const wanted = { tenantId, ...range, ...pageOf(request) };
    const page = await administration.listAuditEvents(operatorOf(call), wanted);
    const events = page.items.map(encodeEntry);
    return create(ListAuditEventsResponseSchema, { events, ...pageEnd(page) });
  });
}

function encodeKey(key: ApiKey) {
  return create(ApiKeySchema, {
    ...key,
    mayActAs: [...key.mayActAs],
    roles: [...key.roles],
    createdAt: BigInt(key.createdAt),
    expiresAt: BigInt(key.expiresAt),
    revokedAt: BigInt(key.revokedAt),
  });
}

function encodeEntry(entry: AuditEntry) {
  return create(AuditEventSchema, {
    ...entry,
    at: BigInt(entry.at),
    count: BigInt(entry.count),
    details: Object.fromEntries(entry.details),
  });
}
