/**
 * Projections: what is made of events, event by event, in their order. The checkpoint says how
 * far; where it is stored with what the projection writes, each event is projected exactly once.
 */
import type { Client } from "../client/client.ts";
import type { Plan } from "../plan/plan.ts";
import type { RecordedEvent } from "./event.ts";
import type { EventFilter, EventStore } from "./event-store.ts";
import { type Upcaster, Upcasters } from "./upcaster.ts";

/** What a projection can be told. */
export interface ProjectionOptions extends EventFilter {
  /** By which the checkpoint is kept. One process at a time goes by a name. */
  readonly consumer: string;
  readonly upcasters?: readonly Upcaster[];
  /** Ends the projection. */
  readonly signal?: AbortSignal;
  /** Whether it goes on with what is appended later. False: it ends with the last event there is. Defaults to true. */
  readonly live?: boolean;
}

/**
 * Runs a projection into anything: the checkpoint moves behind what the function did, so an
 * event may come twice after a crash, and never not at all. Resolves, where it is not live, with
 * the global nonce of the last event that was projected.
 */
export async function project(
  store: EventStore,
  options: ProjectionOptions,
  handle: (event: RecordedEvent) => void | Promise<void>,
): Promise<number> {
  const { consumer } = options;
  return await run(store, options, async (event, stands) => {
    await handle(event);
    await store.storeCheckpoint(consumer, event.globalNonce, { expected: stands });
  });
}

/** What an event changes in the graph. */
export type Changes = (plan: Plan) => void;

/**
 * Runs a projection into the graph: what is planned for an event and the checkpoint are one
 * transaction, so that each event is projected exactly once, whatever breaks. The function may
 * read first, and answers with what is to be planned.
 */
export async function projectIntoGraph(
  client: Client,
  options: ProjectionOptions,
  handle: (event: RecordedEvent) => Changes | Promise<Changes>,
): Promise<number> {
  const { consumer } = options;
  return await run(client.events, options, async (event, stands) => {
    const change = await handle(event);
    // What counts an event once is where the checkpoint must stand. A key of the event's own would
    // keep a refusal for it, also from a program that has been mended meanwhile.
    await client.atomic((plan) => {
      change(plan);
      plan.storeCheckpoint(consumer, event.globalNonce, { expected: stands });
    });
  });
}

async function run(
  store: EventStore,
  options: ProjectionOptions,
  step: (event: RecordedEvent, stands: number) => Promise<void>,
): Promise<number> {
  const { consumer, live = true, signal, upcasters, ...filter } = options;
  const chain = new Upcasters(upcasters);
  let stands = await store.checkpoint(consumer, { consistency: "strong" });
  const from = { ...filter, from: stands + 1, ...(signal && { signal }) };
  for await (const event of live ? store.subscribe(from) : store.readEvents(from)) {
    await step(chain.apply(event), stands);
    stands = event.globalNonce;
  }
  return stands;
}
