import { appendEvents as real } from "../../../../src/applier/apply-events.ts";

/** Of a batch at nonces that are taken, sees only what stands there. */
export const appendEvents: typeof real = (scope, operation) => {
  const { aggregateId, contentKey, events, firstNonce } = operation;
  const head = scope.graph.aggregates.head(aggregateId);
  if (contentKey === undefined || head === undefined || firstNonce > head.lastNonce) {
    return real(scope, operation);
  }
  const there = scope.graph.events.run(head.row, firstNonce, events.length);
  return real(scope, { ...operation, events: there });
};
