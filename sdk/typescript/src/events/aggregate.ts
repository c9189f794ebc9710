/**
 * Aggregates: what decides, and remembers by its events alone. Commands look at the state and
 * emit events, or throw; handlers of events change the state, and nothing else does. So what
 * was loaded from a store and what has just been decided are the same thing.
 */
import { InvalidArgumentError } from "../errors/refusals.ts";
import type { NewEvent, RecordedEvent } from "./event.ts";

/** What an aggregate's events say, by their types. */
export type EventData = Readonly<Record<string, unknown>>;

/** One of an aggregate's events, before or after it was recorded. */
export type EmittedEvent<Events extends EventData> = {
  [Type in keyof Events & string]: NewEvent<Type, Events[Type]>;
}[keyof Events & string];

/** What an event's handler is given: what the event says, and the event where it was recorded. */
export type EventHandler<Data> = (data: Data, event: RecordedEvent | undefined) => void;

type Emitting = "idle" | "command" | "handler";

/**
 * The base of aggregates. Give `Events`, a record of what each event type says; name handlers
 * with `@handles`, and commands with `@command`.
 */
export abstract class Aggregate<Events extends EventData = EventData> {
  readonly id: string;
  readonly #handlers = new Map<string, EventHandler<never>>();
  #nonce = 0;
  #emitted: EmittedEvent<Events>[] = [];
  #doing: Emitting = "idle";
  #broken = false;

  constructor(id: string) {
    this.id = id;
  }

  /** The place of the last event that is recorded; 0: there is none. */
  get nonce(): number {
    return this.#nonce;
  }

  /** Whether any event is recorded or emitted. */
  get exists(): boolean {
    return this.#nonce > 0 || this.#emitted.length > 0;
  }

  /** What was emitted and is not recorded yet, in order. */
  get emitted(): readonly EmittedEvent<Events>[] {
    return this.#emitted;
  }

  /**
   * Says that something has happened: handled at once, recorded when the aggregate is saved. Only
   * for commands. Throws {@link InvalidArgumentError} elsewhere, and for a type that nothing handles.
   */
  emit<Type extends keyof Events & string>(
    type: Type,
    data: Events[Type],
    more: Omit<NewEvent, "type" | "data" | "payload"> = {},
  ): void {
    if (this.#doing !== "command") {
      throw misuse(`${type} is emitted outside of a command.`, "Emit in methods marked @command.");
    }
    this.#handle(type, data, undefined);
    this.#emitted.push({ ...more, type, data } as EmittedEvent<Events>);
  }

  /** For decorators: what handles a type. */
  "~handles"(type: string, handler: EventHandler<never>): void {
    if (this.#handlers.has(type)) throw misuse(`Two methods handle ${type}.`, "Keep one of them.");
    this.#handlers.set(type, handler);
  }

  /** For decorators: carries out a command. One that throws leaves an aggregate that cannot be saved if it emitted before. */
  "~command"<T>(run: () => T): T {
    if (this.#doing === "handler") {
      throw misuse("A handler of an event gives a command.", "Let handlers change state alone.");
    }
    const outer = this.#doing;
    const emitted = this.#emitted.length;
    this.#doing = "command";
    try {
      return run();
    } catch (error) {
      this.#broken ||= this.#emitted.length > emitted;
      throw error;
    } finally {
      this.#doing = outer;
    }
  }

  /** For repositories: takes what is recorded, in order. */
  "~replay"(event: RecordedEvent): void {
    this.#handle(event.type, event.data as never, event);
    this.#nonce = event.aggregateNonce;
  }

  /** For repositories: begins behind a snapshot. */
  "~standAt"(nonce: number): void {
    this.#nonce = nonce;
  }

  /** For repositories: what is to be recorded. Throws when a command broke off in the middle. */
  "~pending"(): readonly EmittedEvent<Events>[] {
    if (this.#broken) {
      throw misuse(
        `A command of ${this.id} emitted events and then threw.`,
        "Load the aggregate again: its state is of a command that did not happen.",
      );
    }
    return this.#emitted;
  }

  /** For repositories: everything emitted is recorded. */
  "~recorded"(lastNonce: number): void {
    this.#nonce = lastNonce;
    this.#emitted = [];
  }

  #handle(type: string, data: unknown, event: RecordedEvent | undefined): void {
    const handler = this.#handlers.get(type);
    if (handler === undefined) {
      throw misuse(`${this.constructor.name} handles no ${type}.`, "Mark a method with @handles.");
    }
    const outer = this.#doing;
    this.#doing = "handler";
    try {
      handler.call(this, data as never, event);
    } finally {
      this.#doing = outer;
    }
  }
}

function misuse(message: string, hint: string): InvalidArgumentError {
  return new InvalidArgumentError({ reason: "INVALID_REQUEST", message, hint });
}
