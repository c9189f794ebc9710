/** Schemas of cases: what they are, what another one would change, and changing them. */
import { fingerprintOf } from "@entdb/client";
import type { Step } from "./format.ts";
import { optional } from "./optional.ts";
import { reading } from "./reads.ts";
import { type Party, schemaFor, type World } from "./world.ts";

/** The fingerprint that the SDK itself computes. */
export async function fingerprint(party: Party, step: Step): Promise<unknown> {
  const { types, reserved } = schemaFor(party, step);
  return fingerprintOf(types, reserved);
}

export async function getSchema({ client }: Party, step: Step, world: World): Promise<unknown> {
  const state = await client.schema.get(reading(step, world));
  const names = (definition: "node" | "edge") =>
    state.types.flatMap((type) => (type.definition === definition ? type.name : [])).sort();
  return {
    fingerprint: state.fingerprint,
    own_fingerprint: fingerprintOf(state.types, state.reserved),
    locked: state.locked,
    node_types: names("node"),
    edge_types: names("edge"),
  };
}

export async function checkSchema(party: Party, step: Step, world: World): Promise<unknown> {
  const checked = await party.client.schema.check({
    ...changing(party, step),
    ...reading(step, world),
  });
  return {
    changes: checked.changes,
    differences: checked.differences,
    fingerprint_now: checked.fingerprintNow,
    fingerprint_then: checked.fingerprintThen,
  };
}

export function registerSchema(party: Party, step: Step): Promise<unknown> {
  const key = optional("idempotencyKey", step["key"] as string | undefined);
  return party.client.schema.register({ ...changing(party, step), ...key });
}

function changing(party: Party, step: Step) {
  const mode = optional("mode", step["mode"] as "replace" | undefined);
  return step["schema"] === undefined ? mode : { ...schemaFor(party, step), ...mode };
}
