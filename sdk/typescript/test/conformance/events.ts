/** The event store, as cases use it. */
import { type AggregateHead, CanceledError, type Grant, type RecordedEvent } from "@entdb/client";
import { appendedOf, appendOf } from "./appends.ts";
import type { Step } from "./format.ts";
import type { JsonObject } from "./json.ts";
import { optional } from "./optional.ts";
import { caseGrant, paging, reading } from "./reads.ts";
import type { Party, World } from "./world.ts";
import { grantOf } from "./writes.ts";

type EventCall = (
  party: Party,
  step: Step,
  world: World,
  run: (step: Step) => Promise<void>,
) => Promise<unknown>;

/** What has not come by then does not come. */
const PATIENCE_MS = 20_000;

/** By the names of the calls. */
export const EVENTS: Readonly<Record<string, EventCall>> = {
  "events.append": async ({ events }, step, world) => {
    const appends = (step["appends"] as readonly JsonObject[]).map(appendOf);
    return (await events.append(appends, keyOf(step, world))).map(appendedOf);
  },
  "events.read_aggregate": ({ events }, step, world) =>
    all(events.readAggregate(step["aggregate"] as string, from(step, world)), eventOf),
  "events.read": ({ events }, step, world) =>
    all(events.readEvents({ ...from(step, world), ...filter(step) }), eventOf),
  "events.head": async ({ events }, step, world) => {
    const head = await events.head(step["aggregate"] as string, reading(step, world));
    return head === undefined ? null : headOf(head);
  },
  "events.aggregates": ({ events }, step, world) => {
    const options = {
      ...reading(step, world),
      ...paging(step),
      ...optional("aggregateType", step["aggregate_type"] as string | undefined),
      ...optional("aggregateIdPrefix", step["aggregate_prefix"] as string | undefined),
    };
    return all(events.aggregates(options), headOf);
  },
  "events.subscribe": subscribe,
  "events.checkpoint": ({ events }, step, world) =>
    events.checkpoint(step["consumer"] as string, reading(step, world)),
  "events.store_checkpoint": ({ events }, step, world) =>
    events.storeCheckpoint(step["consumer"] as string, step["global_nonce"] as number, {
      ...keyOf(step, world),
      ...optional("expected", step["expected"] as number | undefined),
    }),
  "events.grants": async ({ client }, step, world) => {
    const type = step["aggregate_type"] as string;
    const { grants, isDefault } = await client.events.grants(type, reading(step, world));
    return { default: isDefault, grants: grants.map(caseGrant) };
  },
  "events.set_grants": ({ client }, step) => {
    const given = step["grants"] as "default" | readonly JsonObject[];
    const grants: readonly Grant[] | "default" = given === "default" ? given : given.map(grantOf);
    return client.events.setGrants(step["aggregate_type"] as string, grants);
  },
};

async function subscribe(
  { events }: Party,
  step: Step,
  _world: World,
  run: (step: Step) => Promise<void>,
): Promise<unknown> {
  const taken: RecordedEvent[] = [];
  const gate = Promise.withResolvers<void>();
  const isSlow = step["slow"] === true;
  const collect = async () => {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const from = optional("from", step["from_nonce"] as number | undefined);
    for await (const event of events.subscribe({ ...from, ...filter(step), signal })) {
      taken.push(event);
      if (taken.length >= (step["take"] as number)) return;
      if (isSlow) await gate.promise;
    }
  };
  const collecting = collect().catch((error: unknown) => {
    // What has come is compared all the same, which tells more.
    if (!(error instanceof CanceledError)) throw error;
  });
  for (const one of (step["during"] ?? []) as readonly JsonObject[]) await run(one as Step);
  gate.resolve();
  await collecting;
  return taken.map(eventOf);
}

async function all<Item>(
  items: AsyncIterable<Item>,
  caseItem: (item: Item) => unknown,
): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const item of items) found.push(caseItem(item));
  return found;
}

function keyOf(step: Step, world: World) {
  return optional("idempotencyKey", world.native(step["key"]) as string | undefined);
}

function from(step: Step, world: World) {
  return {
    ...reading(step, world),
    ...paging(step),
    ...optional("from", step["from_nonce"] as number | undefined),
    backwards: step["backwards"] === true,
  };
}

function filter(step: Step) {
  const { prefix, aggregate_types, types, tags } = (step["events"] ?? {}) as {
    readonly [name: string]: readonly string[];
  } & { readonly prefix?: string };
  return {
    ...optional("types", types),
    ...optional("aggregateTypes", aggregate_types),
    ...optional("aggregateIdPrefix", prefix),
    ...optional("tags", tags),
  };
}

function eventOf(event: RecordedEvent) {
  return {
    id: event.id,
    type: event.type,
    version: event.version,
    aggregate: event.aggregateId,
    aggregate_type: event.aggregateType,
    nonce: event.aggregateNonce,
    global: event.globalNonce,
    recorded: event.recordedAt.getTime(),
    timestamp: event.timestamp?.getTime() ?? null,
    data: event.data ?? null,
    payload: Buffer.from(event.payload).toString("base64"),
    content_type: event.contentType,
    content_schema: event.contentSchema,
    correlation_id: event.correlationId,
    causation_id: event.causationId,
    actor_id: event.actorId,
    headers: event.headers,
    tags: event.tags,
  };
}

function headOf(head: AggregateHead) {
  return {
    aggregate: head.aggregateId,
    aggregate_type: head.aggregateType,
    last: head.lastAggregateNonce,
    last_global: head.lastGlobalNonce,
  };
}
