/** The members that say something: an attribute that is false, 0, "" or an empty list is the same as none. */
export function sparse<Value>(form: Readonly<Record<string, Value>>): Record<string, Value> {
  const said = Object.entries(form).filter(
    ([, value]) =>
      value !== false &&
      value !== 0 &&
      value !== "" &&
      !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(said);
}
