import { AppliedEventReader as Real } from "../../../../src/store/reader/applied-event-reader.ts";

/** Remembers no outcome: every repetition is a new transaction. */
export class AppliedEventReader extends Real {
  override find(): undefined {
    return undefined;
  }
}
