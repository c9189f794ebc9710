import { EntError } from "../base/errors.ts";
import type { BuildStep } from "../schema/build-step.ts";
import type { SchemaRegistry } from "../schema/registry.ts";
import { BuildNeeded, buildAtOnce, isSmall, planBuild } from "./build-plan.ts";
import type { TransactionScope } from "./scope.ts";

/**
 * Brings the rows that are there to a schema that is about to be in force. Throws the `EntError`
 * that their refusal is, and `BuildNeeded`, having written nothing, when they are too many for
 * this transaction. Both ways come to the same rows and the same outcome.
 */
export function bringRows(
  scope: TransactionScope,
  next: SchemaRegistry,
  steps: readonly BuildStep[],
): void {
  if (steps.length === 0) return;
  const { graph, building } = scope;
  if (building.isBuilt && !scope.isBegun) return;
  const plan = planBuild(graph, scope.registry, next, steps);
  if (scope.isBegun) {
    if (!isSmall(graph, plan, 0)) throw comesTooLate();
  } else if (isSmall(graph, plan, building.rowsAtOnce)) buildAtOnce(graph, plan);
  else throw new BuildNeeded(plan);
}

/** Rows are brought to a schema before anything else is done: so the slices need not know what that was. */
function comesTooLate(): EntError {
  return new EntError({
    code: "invalid_argument",
    reason: "INVALID_REQUEST",
    message:
      "A change of schema that concerns nodes or edges that are there must come before everything else in its transaction.",
    hint: "Make it the first operation, or register the schema in a request of its own.",
  });
}
