import { SchemaRegistry } from "../schema/registry.ts";
import { decodeSchemaText } from "../schema/schema-json.ts";
import { EMPTY_SCHEMA } from "../schema/types.ts";
import type { TenantStore } from "../store/tenant-store.ts";

/** The compiled schemas of the tenants whose files are open, as the views have them now. */
export class TenantSchemas {
  readonly #compiled = new WeakMap<TenantStore, { version: number; registry: SchemaRegistry }>();

  /** The schema in force in the tenant's view; an empty one when none was registered. */
  of(store: TenantStore): SchemaRegistry {
    const version = store.schemaVersion;
    const known = this.#compiled.get(store);
    if (known?.version === version) return known.registry;
    const definition = store.reads.schemas.findCurrent();
    const schema = definition === undefined ? EMPTY_SCHEMA : decodeSchemaText(definition);
    const registry = new SchemaRegistry(schema);
    this.#compiled.set(store, { version, registry });
    return registry;
  }
}
