/** What a fault run found broken. */
export class Violation extends Error {
  override readonly name = "Violation";
}
