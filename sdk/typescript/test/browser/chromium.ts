/** Where Debian's Chromium is; it is installed first where it is not there. */
import { existsSync } from "node:fs";

/** As root, in little memory, without a screen. */
export const CHROMIUM_ARGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"];

const PATHS = ["/usr/bin/chromium", "/usr/bin/chromium-browser"];
const INSTALL =
  "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium";

export function chromiumPath(): string {
  const found = () => PATHS.find((path) => existsSync(path));
  const path = found() ?? (install() ? found() : undefined);
  if (path === undefined) throw new Error("there is no Chromium, and it could not be installed");
  return path;
}

function install(): boolean {
  return Bun.spawnSync(["sh", "-c", INSTALL], { stdout: "ignore", stderr: "inherit" }).success;
}
