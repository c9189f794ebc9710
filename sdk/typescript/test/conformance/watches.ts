/** Watches of cases: from where on, while what is done, until so many changes have come. */
import { CanceledError, type Change, type PositionToken } from "@entdb/client";
import type { Step } from "./format.ts";
import type { JsonObject } from "./json.ts";
import { optional } from "./optional.ts";
import { nodeOf } from "./reads.ts";
import { edgeTypeOf, nodeTypeOf, type Party, type World } from "./world.ts";

/** What has not come by then does not come. */
const PATIENCE_MS = 20_000;

export async function watch(
  party: Party,
  step: Step,
  world: World,
  run: (step: Step) => Promise<void>,
): Promise<unknown> {
  const watching = party.client.watch({
    types: [
      ...((step["types"] ?? []) as string[]).map((name) => nodeTypeOf(party, name)),
      ...((step["edge_types"] ?? []) as string[]).map((name) => edgeTypeOf(party, name)),
    ],
    ...optional("after", world.native(step["after"]) as PositionToken | undefined),
    fromBeginning: step["from_beginning"] === true,
    withNodes: step["with_nodes"] === true,
    ...optional("heartbeatMs", step["heartbeat_ms"] as number | undefined),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const changes: Change[] = [];
  let position: PositionToken = "";
  const collect = async () => {
    for await (const batch of watching) {
      changes.push(...batch.changes);
      ({ position } = batch);
      if (changes.length >= (step["take"] as number)) return;
    }
  };
  const collecting = collect();
  if (step["during"] !== undefined) {
    await Promise.race([watching.started, collecting]);
    for (const one of step["during"] as readonly JsonObject[]) await run(one as Step);
  }
  await collecting.catch((error: unknown) => {
    if (!(error instanceof CanceledError)) throw error;
  });
  return { changes: changes.map((change) => changeOf(party, change, world)), position };
}

function changeOf(party: Party, change: Change, world: World) {
  const base = {
    kind: change.kind.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    actor: change.actor,
  };
  if (change.kind === "schemaChanged") return { ...base, is: null };
  if ("edgeId" in change) {
    return {
      ...base,
      is: world.nameOf(change.edgeId),
      from: world.nameOf(change.from),
      to: world.nameOf(change.to),
    };
  }
  return {
    ...base,
    is: world.nameOf(change.nodeId),
    type_id: change.typeId,
    version: change.version ?? null,
    node: change.node === undefined ? null : nodeOf(party, change.node, world),
  };
}
