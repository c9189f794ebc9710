import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** The path itself, made absolute, or the nearest above it that exists: a directory, or a file that stands in the way. */
export function nearestExisting(path: string): string {
  let at = resolve(path);
  while (!existsSync(at)) at = dirname(at);
  return at;
}
