/** Python programs of exact versions, each set of them in an environment of its own in `.cache`. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./ensure-installed.ts";
import { succeeds } from "./run.ts";

/**
 * The path of a Python that has these requirements (as pip writes them), installed the first
 * time and when they have changed. Installs Debian's `python3-venv` where it is missing. Ends
 * this process with 1 when it cannot be had.
 */
export async function pythonWith(
  name: string,
  requirements: readonly string[],
  interpreter = "python3",
): Promise<string> {
  const folder = join(ROOT, ".cache", name);
  const python = join(folder, "bin", "python");
  const stamp = join(folder, ".installed");
  const wanted = requirements.join("\n");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return python;
  rmSync(folder, { recursive: true, force: true });
  const made =
    (await succeeds([interpreter, "-m", "venv", folder])) ||
    ((await succeeds(["apt-get", "install", "-y", "-qq", "python3-venv"])) &&
      (await succeeds([interpreter, "-m", "venv", folder])));
  const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
  if (!made || !(await succeeds([python, ...install, ...requirements]))) {
    console.error(`There is no Python with ${requirements.join(", ")}.`);
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
  return python;
}
