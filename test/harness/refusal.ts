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
