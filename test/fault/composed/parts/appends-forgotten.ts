import { EventReader as Real } from "../../../../src/store/reader/event-reader.ts";

/** Finds no events to hold a batch against. */
export class EventReader extends Real {
  override run(): [] {
    return [];
  }
}
