import type { CancelSignal } from "../base/cancel-signal.ts";
import { EntError, type ErrorReason } from "../base/errors.ts";
import type { Engine } from "../engine/engine.ts";
import type { Freshness } from "../engine/reading.ts";
import type { Caller } from "../record/caller.ts";
import { SchemaRegistry } from "../schema/registry.ts";
import type { Schema } from "../schema/types.ts";
import { ANY } from "./freshness.ts";

/** What a tenant's view may not know yet though the log has it. */
const UNKNOWN_NAME: ReadonlySet<ErrorReason> = new Set([
  "TYPE_UNKNOWN",
  "EDGE_TYPE_UNKNOWN",
  "FIELD_UNKNOWN",
  "ENUM_VALUE_UNKNOWN",
  "KEY_UNKNOWN",
]);

/**
 * Names of types and fields, by tenant: REST speaks in names, the engine in numbers.
 *
 * Reading a request by name is not a decision: a record is decided against the schema at
 * its own place in the log. So the view's schema is good enough, but for a name that it
 * does not know: then everything durable is awaited once before the name is refused.
 */
export class TenantNames {
  readonly #engine: Engine;
  /** The engine hands out the same object as long as a schema stands. */
  readonly #compiled = new WeakMap<Schema, SchemaRegistry>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** The schema in force. For writing out what was read, ask after reading: types are only added. */
  async registry(
    caller: Caller,
    signal: CancelSignal,
    freshness: Freshness = ANY,
  ): Promise<SchemaRegistry> {
    return this.compile((await this.#engine.getSchema(caller, freshness, signal)).schema);
  }

  /** What `read` makes of the names; it may be called twice. */
  async resolve<T>(
    caller: Caller,
    signal: CancelSignal,
    freshness: Freshness,
    read: (registry: SchemaRegistry) => T,
  ): Promise<T> {
    const registry = await this.registry(caller, signal, freshness);
    try {
      return read(registry);
    } catch (error) {
      if (!(error instanceof EntError) || !UNKNOWN_NAME.has(error.reason)) throw error;
      const newest = await this.registry(caller, signal, { ...freshness, strong: true });
      if (newest === registry) throw error;
      return read(newest);
    }
  }

  compile(schema: Schema): SchemaRegistry {
    const known = this.#compiled.get(schema);
    if (known !== undefined) return known;
    const registry = new SchemaRegistry(schema);
    this.#compiled.set(schema, registry);
    return registry;
  }
}
