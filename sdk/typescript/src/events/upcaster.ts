/**
 * Events as programs of today read them, whatever version they were written in. Upcasters are
 * pure, run on reading, and go from one version to the next, so that they chain.
 */
import { InvalidArgumentError } from "../errors/refusals.ts";
import type { RecordedEvent } from "./event.ts";

/** What an upcaster may change. */
export type Upcast = Pick<RecordedEvent, "type" | "version" | "data">;

/** Turns events of one type and version into a later one. */
export interface Upcaster {
  readonly type: string;
  readonly version: number;
  /** The result's version, or its type, is another one. */
  upcast(event: RecordedEvent): Upcast;
}

const STEPS_MAX = 100;

/** Upcasters by the type and version that they take. */
export class Upcasters {
  readonly #byVersion = new Map<string, Upcaster>();

  /** Throws {@link InvalidArgumentError} for two that take the same. */
  constructor(upcasters: readonly Upcaster[] = []) {
    for (const upcaster of upcasters) {
      const key = keyOf(upcaster);
      if (this.#byVersion.has(key)) {
        throw new InvalidArgumentError({
          reason: "INVALID_REQUEST",
          message: `Two upcasters take version ${upcaster.version} of ${upcaster.type}.`,
          hint: "Keep one of them.",
        });
      }
      this.#byVersion.set(key, upcaster);
    }
  }

  /** The event as the last upcaster of its chain leaves it. Throws for a chain that comes back to itself. */
  apply(event: RecordedEvent): RecordedEvent {
    let current = event;
    for (let steps = 0; steps < STEPS_MAX; steps++) {
      const upcaster = this.#byVersion.get(keyOf(current));
      if (upcaster === undefined) return current;
      current = { ...current, ...upcaster.upcast(current) };
    }
    throw new InvalidArgumentError({
      reason: "INVALID_REQUEST",
      message: `The upcasters of ${event.type} lead in a circle.`,
      hint: "Let each lead to a later version.",
    });
  }
}

function keyOf({ type, version }: { readonly type: string; readonly version: number }): string {
  return `${version} ${type}`;
}
