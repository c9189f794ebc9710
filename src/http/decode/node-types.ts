import type { CancelSignal } from "../../base/cancel-signal.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Caller } from "../../record/caller.ts";
import { ANY } from "../freshness.ts";
import type { JsonOperation } from "../shapes/atomic.ts";
import { namesFields, nodeIdOf } from "./operations.ts";

/**
 * The types of the nodes that a transaction updates by field names. A node's type never
 * changes, so any view that has the node will do; for one that the view does not have yet,
 * everything durable is awaited. Nodes that are not there are absent from the answer.
 */
export async function lookUpNodeTypes(
  engine: Engine,
  caller: Caller,
  operations: readonly JsonOperation[],
  signal: CancelSignal,
): Promise<ReadonlyMap<string, number>> {
  const ids = updatedIds(operations);
  const types = new Map<string, number>();
  if (ids.length === 0) return types;
  const { nodes, missingIds } = await engine.getNodes(
    caller,
    { ids, includeDeleted: true },
    ANY,
    signal,
  );
  for (const node of nodes) types.set(node.id, node.typeId);
  if (missingIds.length === 0) return types;
  const late = await engine.getNodes(
    caller,
    { ids: missingIds, includeDeleted: true },
    { atLeast: undefined, strong: true },
    signal,
  );
  for (const node of late.nodes) types.set(node.id, node.typeId);
  return types;
}

function updatedIds(operations: readonly JsonOperation[]): string[] {
  const ids = new Set<string>();
  const created = new Set<string>();
  for (const [i, operation] of operations.entries()) {
    if (operation.op === "create_node") {
      if (operation.id !== undefined) created.add(operation.id);
    } else if (operation.op === "update_node" && namesFields(operation)) {
      const id = nodeIdOf(operation, `operations[${i}]`);
      if (!id.startsWith("$") && !created.has(id)) ids.add(id);
    }
  }
  return [...ids];
}
