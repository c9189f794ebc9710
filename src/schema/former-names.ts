import type { EdgeType, FormerName, NodeType, Schema } from "./types.ts";

/**
 * Names that types and fields had before they were renamed, so that whoever speaks in names is
 * understood until he has caught up. A former name means the thing that gave it up last, and is
 * forgotten for good as soon as its like uses it again.
 */

/** Of one type or field; older ones are forgotten. */
const KEPT_PER_THING = 8;

/** The former names once a schema has become another; the latest given up comes last. */
export function formerNamesAfter(current: Schema, next: Schema): readonly FormerName[] {
  const scopes = scopesOf(next);
  const taken = new Set<string>();
  const counts = new Map<string, number>();
  const kept: FormerName[] = [];
  for (const former of [...(current.formerNames ?? []), ...givenUp(current, next)].reverse()) {
    const scope = scopes.get(scopeOf(former));
    const id = former.fieldId === 0 ? former.typeId : former.fieldId;
    if (scope === undefined || !scope.ids.has(id) || scope.names.has(former.name)) continue;
    const name = `${scopeOf(former)} ${former.name}`;
    const holder = `${scopeOf(former)} ${id}`;
    const count = counts.get(holder) ?? 0;
    if (taken.has(name) || count === KEPT_PER_THING) continue;
    taken.add(name);
    counts.set(holder, count + 1);
    kept.push(former);
  }
  return kept.reverse();
}

function givenUp(current: Schema, next: Schema): FormerName[] {
  return [
    ...givenUpBy("node_type", current.nodeTypes, next.nodeTypes, (type) => type.typeId),
    ...givenUpBy("edge_type", current.edgeTypes, next.edgeTypes, (type) => type.edgeTypeId),
  ];
}

function givenUpBy<T extends NodeType | EdgeType>(
  of: FormerName["of"],
  current: readonly T[],
  next: readonly T[],
  idOf: (type: T) => number,
): FormerName[] {
  const after = new Map(next.map((type) => [idOf(type), type]));
  const names: FormerName[] = [];
  for (const before of current) {
    const typeId = idOf(before);
    const now = after.get(typeId);
    if (now === undefined) continue;
    if (now.name !== before.name) names.push({ of, typeId, fieldId: 0, name: before.name });
    const fields = new Map(now.fields.map((field) => [field.fieldId, field]));
    for (const { fieldId, name } of before.fields) {
      const field = fields.get(fieldId);
      if (field !== undefined && field.name !== name) names.push({ of, typeId, fieldId, name });
    }
  }
  return names;
}

/** Where a name must be the only one of its kind: among the types, or in one type. */
interface Scope {
  readonly ids: ReadonlySet<number>;
  readonly names: ReadonlySet<string>;
}

function scopeOf(former: FormerName): string {
  return former.fieldId === 0 ? former.of : `${former.of} ${former.typeId}`;
}

function scopesOf(schema: Schema): ReadonlyMap<string, Scope> {
  const scopes = new Map<string, Scope>();
  const add = (of: FormerName["of"], types: readonly (NodeType | EdgeType)[]) => {
    const idOf = (type: NodeType | EdgeType) => ("typeId" in type ? type.typeId : type.edgeTypeId);
    scopes.set(of, {
      ids: new Set(types.map(idOf)),
      names: new Set(types.map((type) => type.name)),
    });
    for (const type of types) {
      scopes.set(`${of} ${idOf(type)}`, {
        ids: new Set(type.fields.map((field) => field.fieldId)),
        names: new Set(type.fields.map((field) => field.name)),
      });
    }
  };
  add("node_type", schema.nodeTypes);
  add("edge_type", schema.edgeTypes);
  return scopes;
}
