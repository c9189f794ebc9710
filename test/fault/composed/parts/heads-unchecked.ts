import { appendEvents as real } from "../../../../src/applier/apply-events.ts";
import { EntError } from "../../../../src/base/errors.ts";

/** Where the head is another than the expected one, appends behind it all the same. */
export const appendEvents: typeof real = (scope, operation) => {
  try {
    return real(scope, operation);
  } catch (error) {
    if (!(error instanceof EntError) || error.reason !== "CONCURRENCY_CONFLICT") throw error;
    const expected = { kind: "any" } as const;
    return real(scope, { ...operation, expected, firstNonce: 0, contentKey: undefined });
  }
};
