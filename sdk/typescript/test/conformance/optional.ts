/** Options that a step may leave out. */

/** The member, or none when it is undefined. */
export function optional<K extends string, V>(
  name: K,
  value: V | undefined,
): { readonly [name in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [name in K]?: V });
}
