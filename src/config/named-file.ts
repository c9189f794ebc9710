import { readFileSync } from "node:fs";
import { messageOf } from "../base/errors.ts";
import { configInvalid } from "./config-invalid.ts";

/**
 * The text of a file that a setting or a flag names; `name` is how it is called where it was
 * given. Throws CONFIG_INVALID with that name and what the system says.
 */
export function readNamedFile(name: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const why = messageOf(error);
    throw configInvalid([{ name, message: `names a file that cannot be read: ${why}` }]);
  }
}
