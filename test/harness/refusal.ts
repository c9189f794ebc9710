import { EntError } from "../../src/base/errors.ts";

/** The `EntError` that the call throws. Anything else, also nothing, fails the test. */
export function refusal(run: () => unknown): EntError {
  try {
    run();
  } catch (error) {
    if (error instanceof EntError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

/** The `EntError` that the promise rejects with. Anything else, also an answer, fails the test. */
export async function refused(promise: Promise<unknown>): Promise<EntError> {
  const outcome: unknown = await promise.then(
    () => new Error("nothing was refused"),
    (error: unknown) => error,
  );
  if (outcome instanceof EntError) return outcome;
  throw outcome;
}
