/**
 * The value, with bytes that are a small part of a larger buffer in one of their own: a clone
 * of them would copy the whole buffer, and hand out what else stands in it. What needs no
 * change is handed back as it is.
 */
export function ownBytes<T>(value: T): T {
  return changed(value) as T;
}

function changed(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) {
    return value.byteLength === value.buffer.byteLength ? value : new Uint8Array(value);
  }
  if (Array.isArray(value)) return changedList(value);
  if (value instanceof Map) {
    const values = [...value.values()];
    const own = changedList(values);
    return own === values ? value : new Map([...value.keys()].map((key, i) => [key, own[i]]));
  }
  return changedMembers(value);
}

function changedList(list: readonly unknown[]): readonly unknown[] {
  let own: unknown[] | undefined;
  for (const [i, item] of list.entries()) {
    const next = changed(item);
    if (next === item) continue;
    own ??= [...list];
    own[i] = next;
  }
  return own ?? list;
}

function changedMembers(value: object): object {
  let own: Record<string, unknown> | undefined;
  for (const [name, member] of Object.entries(value)) {
    const next = changed(member);
    if (next === member) continue;
    own ??= { ...value };
    own[name] = next;
  }
  return own ?? value;
}
