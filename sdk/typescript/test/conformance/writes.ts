/** Transactions of cases, and what became of them. */
import type { Appended, EdgeType, Grant, NodeType, Plan, Planned } from "@entdb/client";
import { appendedOf, appendOf } from "./appends.ts";
import type { Step } from "./format.ts";
import type { Json, JsonObject } from "./json.ts";
import { optional } from "./optional.ts";
import { nativeValue } from "./values.ts";
import { edgeTypeOf, nodeTypeOf, type Party, schemaFor, type World } from "./world.ts";

/** Adds one operation to the plan. */
type Operation = (plan: Plan, op: JsonObject, party: Party, world: World) => Planned<unknown>;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  create: (plan, op, party, world) => {
    const type = nodeTypeOf(party, op["type"]);
    return plan.create(type, nativeFields(type, op["fields"], world) as never, {
      ...creating(op, world),
      principals: texts(op["principals"]),
      recipients: texts(op["recipients"]),
      ...optional("grants", (op["grants"] as JsonObject[] | undefined)?.map(grantOf)),
      ...optional("mail", op["mail"] as object | undefined),
    });
  },
  update: (plan, op, party, world) => {
    const type = nodeTypeOf(party, op["type"]);
    return plan.update(
      type,
      world.native(op["node"]) as never,
      nativeFields(type, op["fields"], world) as never,
      {
        ...version(op),
        ...(op["where"] === undefined
          ? {}
          : { where: nativeFields(type, op["where"], world) as never }),
      },
    );
  },
  delete: (plan, op, _party, world) => plan.delete(world.native(op["node"]) as never, version(op)),
  restore: (plan, op, _party, world) =>
    plan.restore(world.native(op["node"]) as never, version(op)),
  purge: (plan, op, _party, world) => plan.purge(world.native(op["node"]) as never, version(op)),
  link: (plan, op, party, world) => {
    const type = edgeTypeOf(party, op["type"]);
    const [from, to] = [world.native(op["from"]), world.native(op["to"])];
    const fields = nativeFields(type, op["fields"] ?? {}, world);
    return plan.link(type, from as never, to as never, fields as never, creating(op, world));
  },
  update_edge: (plan, op, party, world) => {
    const type = edgeTypeOf(party, op["type"]);
    const fields = nativeFields(type, op["fields"], world);
    return plan.updateEdge(type, edgeTarget(op, world) as never, fields as never);
  },
  unlink: (plan, op, party, world) =>
    plan.unlink(edgeTypeOf(party, op["type"]), edgeTarget(op, world) as never),
  set_visibility: (plan, op, _party, world) =>
    plan.setVisibility(world.native(op["node"]) as never, texts(op["principals"])),
  grant: (plan, op, _party, world) => plan.grant(world.native(op["node"]) as never, grantOf(op)),
  revoke: (plan, op, _party, world) =>
    plan.revoke(
      world.native(op["node"]) as never,
      op["principal"] as string,
      op["permission"] as Grant["permission"] | undefined,
    ),
  mark_read: (plan, op, _party, world) =>
    plan.markRead(selectionOf(op, world), { unread: op["unread"] === true }),
  delete_mailbox_items: (plan, op, _party, world) =>
    plan.deleteMailboxItems(selectionOf(op, world)),
  append_events: (plan, op) => plan.appendEvents(appendOf(op["append"] as JsonObject)),
  store_checkpoint: (plan, op) =>
    plan.storeCheckpoint(
      op["consumer"] as string,
      op["global_nonce"] as number,
      optional("expected", op["expected"] as number | undefined),
    ),
  register_schema: (plan, op, party) => {
    const { types, reserved } = schemaFor(party, op);
    return plan.registerSchema(types, { reserved, ...optional("mode", op["mode"] as "merge") });
  },
};

/** Makes the transaction. What its operations are called (`as`) is saved with their ids. */
export async function atomic(party: Party, step: Step, world: World): Promise<unknown> {
  const planned = new Map<string, Planned<unknown>>();
  const build = (plan: Plan) => {
    for (const op of step["operations"] as readonly JsonObject[]) {
      const add = OPERATIONS[op["op"] as string];
      if (add === undefined) throw new Error(`there is no operation ${op["op"]}`);
      const operation = add(plan, op, party, world);
      if (op["as"] !== undefined) planned.set(`@${op["as"]}`, operation);
    }
  };
  const result = await party.client.atomic((plan) => world.planning(planned, () => build(plan)), {
    ...optional("idempotencyKey", world.native(step["key"]) as string | undefined),
    ...optional("wait", step["wait"] as "durable" | undefined),
    ...optional("timeoutMs", step["timeout_ms"] as number | undefined),
  });
  for (const [name, { index }] of planned) {
    const { nodeId, edgeId } = result.operations[index] ?? {};
    world.save(name.slice(1), edgeId ?? nodeId);
  }
  return {
    operations: result.operations.map((one) => outcome(one, world)),
    applied: result.applied,
    key: result.idempotencyKey,
    position: result.position,
    differences: result.schemaDifferences,
  };
}

export async function receipt({ client }: Party, step: Step, world: World): Promise<unknown> {
  const found = await client.receipt(world.native(step["key"]) as string);
  return {
    state: found.state,
    ...(found.state === "applied"
      ? { operations: found.operations.map((one) => outcome(one, world)) }
      : {}),
    ...(found.state === "rejected" ? { error: { reason: found.error.reason } } : {}),
  };
}

function outcome(
  one: {
    readonly alias: string;
    readonly nodeId: string | undefined;
    readonly edgeId: string | undefined;
    readonly version: number | undefined;
    readonly created: boolean;
    readonly appended: Appended | undefined;
  },
  world: World,
) {
  const is = world.nameOf(one.edgeId ?? one.nodeId);
  const { created, alias } = one;
  const appended = appendedOf(one.appended);
  return { is, version: one.version ?? null, created, alias, appended };
}

/** Fields by name. Names that the type lacks are handed on, to be refused. */
export function nativeFields(
  type: NodeType | EdgeType,
  fields: Json | undefined,
  world: World,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields as JsonObject).map(([name, json]) => {
      const field = type.fields[name];
      return [name, nativeValue(field ?? { kind: "str" }, json, world)];
    }),
  );
}

function creating(op: JsonObject, world: World) {
  return {
    ...optional("alias", op["alias"] as string | undefined),
    ...optional("id", world.native(op["id"]) as never),
    ...(op["on_conflict"] === "return_existing" ? { onConflict: "returnExisting" as const } : {}),
  };
}

function edgeTarget(op: JsonObject, world: World): unknown {
  if (op["edge"] !== undefined) return world.native(op["edge"]);
  return { from: world.native(op["from"]), to: world.native(op["to"]) };
}

function version(op: JsonObject) {
  return optional("expectedVersion", op["expected_version"] as number | undefined);
}

export function grantOf(json: JsonObject): Grant {
  const expiresAt = json["expires_at"] as number | undefined;
  return {
    principal: json["principal"] as string,
    permission: (json["permission"] ?? "read") as Grant["permission"],
    ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) }),
  };
}

/** Which items of a mailbox a step or an operation names. */
export function selectionOf(json: JsonObject, world: World) {
  const items = json["items"] as readonly string[] | undefined;
  return {
    ...optional(
      "items",
      items?.map((item) => world.native(item) as never),
    ),
    ...optional("upTo", world.native(json["up_to"]) as string | undefined),
    ...optional("user", json["user"] as string | undefined),
  };
}

function texts(json: Json | undefined): string[] {
  return [...((json ?? []) as readonly string[])];
}
