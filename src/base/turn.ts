/** Lets whatever waits for the event loop go first. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
