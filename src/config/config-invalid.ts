import { EntError } from "../base/errors.ts";
import type { Problem } from "./resolve.ts";

/** Everything that is wrong with the settings, in one error: CONFIG_INVALID, with each name in its details. */
export function configInvalid(problems: readonly Problem[]): EntError {
  const sentences = problems.map(({ name, message }) =>
    `${name} ${message}.`.replace(/([.?])\.$/, "$1"),
  );
  return new EntError({
    code: "failed_precondition",
    reason: "CONFIG_INVALID",
    message: sentences.join("\n"),
    hint: "`entdb config show` tells every setting, its value and where it came from; `entdb serve --help` lists them all.",
    details: Object.fromEntries(problems.map(({ name, message }) => [name, message])),
  });
}
