import { limits } from "../base/limits.ts";
import type { Node } from "../record/graph.ts";
import type { CompiledNodeType, SchemaRegistry } from "../schema/registry.ts";
import { searchableText } from "../schema/searchable-text.ts";
import type { Fields } from "../schema/value.ts";
import type { TenantStore } from "../store/tenant-store.ts";
import { type SearchColumns, SearchWriter } from "../store/writer/search-writer.ts";
import type { EffectFollower, EffectScope, NodeEffect, NodeFollower } from "./effects.ts";

/**
 * Keeps the words of live nodes in step with the nodes, in the same SQLite transaction, so that
 * a search never finds what is not so.
 *
 * Which field of a type has which column is decided when the schema changes: a field keeps the
 * column it has, a new one takes the lowest that no field had until now. A build that indexes
 * rows before the schema is in force comes to the same columns, since it asks the same function.
 */
export class SearchRows implements EffectFollower {
  readonly #writer: SearchWriter;
  readonly #columns = new WeakMap<CompiledNodeType, SearchColumns>();

  constructor(db: TenantStore["writeConnection"]) {
    this.#writer = new SearchWriter(db);
  }

  schemaChanged({ registry }: EffectScope): void {
    const wanted = registry.schema.nodeTypes.filter(isSearchable).map((type) => type.typeId);
    if (wanted.length > 0) this.#writer.makeTables();
    else if (!this.#writer.exists) return;
    for (const typeId of new Set([...wanted, ...this.#writer.typeIds()])) {
      this.#writer.setColumns(typeId, this.columnsUnder(registry, typeId));
    }
  }

  node(_scope: EffectScope, effect: NodeEffect): void {
    const { type, before, after } = effect;
    const columns = this.#columnsOf(type);
    if (columns.size === 0) return;
    switch (effect.kind) {
      case "created":
      case "restored":
        if (after !== undefined) this.index(after, columns);
        return;
      case "updated":
        if (before !== undefined && after !== undefined) this.#reindex(before, after, columns);
        return;
      case "deleted":
      case "purged":
        if (before !== undefined) this.#writer.remove(before.id);
        return;
      case "access_changed":
        return;
    }
  }

  /** The columns that the type's fields have once this schema is in force. Makes the tables that they are in. */
  columnsUnder(registry: SchemaRegistry, typeId: number): SearchColumns {
    this.#writer.makeTables();
    const known = this.#writer.columnsOf(typeId);
    const fields = registry.findNodeType(typeId)?.fields.filter((field) => field.searchable) ?? [];
    const taken = new Set(known.values());
    const columns = new Map<number, number>();
    for (const { fieldId } of fields) {
      const slot = known.get(fieldId) ?? lowestFree(taken);
      taken.add(slot);
      columns.set(fieldId, slot);
    }
    return columns;
  }

  /** Writes the words of a live node, whatever words it had. */
  index(node: Node, columns: SearchColumns): void {
    this.#writer.put(node.id, node.typeId, textsOf(node.fields, columns));
  }

  /** Brings the words of a type's nodes to a schema that is not in force yet. */
  follower(registry: SchemaRegistry, typeId: number): NodeFollower {
    let columns = NO_COLUMNS;
    return {
      prepare: () => {
        columns = this.columnsUnder(registry, typeId);
      },
      visit: (node) => this.index(node, columns),
      takeBack: (node) => this.index(node, this.#writer.columnsOf(typeId)),
    };
  }

  #reindex(before: Node, after: Node, columns: SearchColumns): void {
    const same = [...columns.keys()].every(
      (fieldId) =>
        searchableText(before.fields.get(fieldId)) === searchableText(after.fields.get(fieldId)),
    );
    if (!same) this.index(after, columns);
  }

  /** Of the schema in force: remembered for as long as the type stays as it is compiled. */
  #columnsOf(type: CompiledNodeType): SearchColumns {
    let columns = this.#columns.get(type);
    if (columns === undefined) {
      columns = isSearchable(type) ? this.#writer.columnsOf(type.typeId) : NO_COLUMNS;
      this.#columns.set(type, columns);
    }
    return columns;
  }
}

const NO_COLUMNS: SearchColumns = new Map();

function isSearchable(type: { readonly fields: readonly { readonly searchable: boolean }[] }) {
  return type.fields.some((field) => field.searchable);
}

/** There is always one: the index has twice the columns that a type may use. */
function lowestFree(taken: ReadonlySet<number>): number {
  for (let slot = 1; slot <= 2 * limits.searchableFieldsPerType; slot++) {
    if (!taken.has(slot)) return slot;
  }
  throw new Error("more searchable fields than a type may have");
}

function textsOf(fields: Fields, columns: SearchColumns): Map<number, string> {
  const texts = new Map<number, string>();
  for (const [fieldId, slot] of columns) {
    const text = searchableText(fields.get(fieldId));
    if (text !== undefined && text !== "") texts.set(slot, text);
  }
  return texts;
}
