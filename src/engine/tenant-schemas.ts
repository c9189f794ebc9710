import { SchemaRegistry } from "../schema/registry.ts";
import { decodeSchemaText } from "../schema/schema-json.ts";
import { EMPTY_SCHEMA, type Schema } from "../schema/types.ts";
import type { HiddenField } from "../store/reader/build-reader.ts";
import type { ReadableView } from "../store/tenant-store.ts";

interface Compiled {
  readonly version: number;
  readonly registry: SchemaRegistry;
  readonly shown: SchemaRegistry;
}

/** The compiled schemas of the tenants whose files are open, as the views have them now. */
export class TenantSchemas {
  readonly #compiled = new WeakMap<ReadableView, Compiled>();

  /** The schema in force in the tenant's view; an empty one when none was registered. */
  of(store: ReadableView): SchemaRegistry {
    return this.#compiledOf(store).registry;
  }

  /**
   * The same as far as rows are shown: a field that is being filled, but not in force yet, counts
   * as one that was removed, so that no answer holds it.
   */
  shownBy(store: ReadableView): SchemaRegistry {
    return this.#compiledOf(store).shown;
  }

  #compiledOf(store: ReadableView): Compiled {
    const version = store.schemaVersion;
    const known = this.#compiled.get(store);
    if (known?.version === version) return known;
    const { schemas } = store.reads;
    const definition = schemas.findCurrent();
    const registry = new SchemaRegistry(
      definition === undefined ? EMPTY_SCHEMA : decodeSchemaText(definition),
    );
    const hidden = schemas.findBuild()?.hidden ?? [];
    const shown =
      hidden.length === 0 ? registry : new SchemaRegistry(withReserved(registry.schema, hidden));
    const compiled = { version, registry, shown };
    this.#compiled.set(store, compiled);
    return compiled;
  }
}

function withReserved(schema: Schema, hidden: readonly HiddenField[]): Schema {
  const ids = (of: HiddenField["of"], typeId: number) =>
    hidden.filter((field) => field.of === of && field.typeId === typeId).map((f) => f.fieldId);
  return {
    ...schema,
    nodeTypes: schema.nodeTypes.map((type) => ({
      ...type,
      reservedFieldIds: [...type.reservedFieldIds, ...ids("node", type.typeId)],
    })),
    edgeTypes: schema.edgeTypes.map((type) => ({
      ...type,
      reservedFieldIds: [...type.reservedFieldIds, ...ids("edge", type.edgeTypeId)],
    })),
  };
}
