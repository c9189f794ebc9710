/** Tenants, members, roles, groups, keys and the audit log of cases. */
import type { Step } from "./format.ts";
import { optional } from "./optional.ts";
import { listed, paging } from "./reads.ts";
import type { Party, World } from "./world.ts";

type Administration = (party: Party, step: Step, world: World) => Promise<unknown>;

const text = (step: Step, name: string) => step[name] as string;
const texts = (step: Step, name: string) => (step[name] ?? []) as readonly string[];

function tenantOf(step: Step, world: World): string {
  return world.native(step["tenant"] ?? "{tenant}") as string;
}

/** By the names of the calls. */
export const ADMINISTRATION: Readonly<Record<string, Administration>> = {
  "tenants.create": ({ client }, step, world) =>
    client.tenants.create(tenantOf(step, world), { admins: texts(step, "admins") }).then(tenant),
  "tenants.get": ({ client }, step, world) =>
    client.tenants.get(tenantOf(step, world)).then(tenant),
  "tenants.list": async ({ client }, step, world) => {
    const own = tenantOf(step, world);
    const all = await client.tenants.all({ ...paging(step) }).toArray();
    return all.filter(({ tenantId }) => tenantId.startsWith(own)).map(tenant);
  },
  "tenants.suspend": ({ client }, step, world) =>
    client.tenants.suspend(tenantOf(step, world)).then(tenant),
  "tenants.resume": ({ client }, step, world) =>
    client.tenants.resume(tenantOf(step, world)).then(tenant),
  "tenants.delete": ({ client }, step, world) =>
    client.tenants.delete(tenantOf(step, world), world.native(step["confirm"]) as string),
  "tenants.set_limits": ({ client }, step, world) =>
    client.tenants
      .setLimits(tenantOf(step, world), {
        ...optional("requestsPerSecond", step["requests_per_second"] as number | undefined),
        ...optional("requestBurst", step["request_burst"] as number | undefined),
      })
      .then(tenant),
  "schema.lock": ({ client }, step) => client.tenants.lockSchema(step["locked"] === true),
  "members.set": ({ client }, step) =>
    client.members.set(text(step, "principal"), texts(step, "roles")),
  "members.remove": ({ client }, step) => client.members.remove(text(step, "principal")),
  "members.list": ({ client }, step, world) =>
    listed(client.members.all({ ...paging(step) }), step, world, (member) => member),
  "roles.put": ({ client }, step) => client.roles.put(text(step, "name"), texts(step, "rights")),
  "roles.delete": ({ client }, step) => client.roles.delete(text(step, "name")),
  "roles.list": ({ client }) => client.roles.all(),
  "groups.put": ({ client }, step) => client.groups.put(text(step, "name")),
  "groups.delete": ({ client }, step) => client.groups.delete(text(step, "name")),
  "groups.add": ({ client }, step) => client.groups.add(text(step, "name"), text(step, "member")),
  "groups.remove": ({ client }, step) =>
    client.groups.remove(text(step, "name"), text(step, "member")),
  "groups.list": ({ client }, step, world) =>
    listed(client.groups.all({ ...paging(step) }), step, world, (group) => group),
  "keys.create": async ({ client }, step) => {
    const expiresAt = step["expires_at"] as number | undefined;
    const { key, secret } = await client.keys.create({
      actor: text(step, "for"),
      roles: texts(step, "roles"),
      mayActAs: texts(step, "may_act_as"),
      name: text(step, "name"),
      ...optional("expiresAt", expiresAt === undefined ? undefined : new Date(expiresAt)),
    });
    return { ...keyOf(key), secret };
  },
  "keys.list": ({ client }, step, world) =>
    listed(client.keys.all({ ...paging(step) }), step, world, keyOf),
  "keys.revoke": ({ client }, step, world) =>
    client.keys.revoke(world.native(step["key"]) as string).then(keyOf),
  "audit.list": ({ client }, step, world) =>
    listed(client.audit.events({ ...paging(step) }), step, world, ({ action, actor, outcome }) => ({
      action,
      actor,
      outcome,
    })),
};

function tenant(one: {
  readonly tenantId: string;
  readonly state: string;
  readonly limits: { readonly requestsPerSecond?: number; readonly requestBurst?: number };
}) {
  return {
    tenant: one.tenantId,
    state: one.state,
    requests_per_second: one.limits.requestsPerSecond ?? null,
    request_burst: one.limits.requestBurst ?? null,
  };
}

function keyOf(key: {
  readonly keyId: string;
  readonly actor: string;
  readonly roles: readonly string[];
  readonly mayActAs: readonly string[];
  readonly name: string;
  readonly revokedAt: Date | undefined;
}) {
  return {
    key: key.keyId,
    for: key.actor,
    roles: key.roles,
    may_act_as: key.mayActAs,
    name: key.name,
    revoked: key.revokedAt !== undefined,
  };
}
