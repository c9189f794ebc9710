/**
 * The commands of the pages that need a real Kafka or S3, pasted in their order into one shell
 * that stops at the first that fails: every block that is marked `<!-- test: services -->`.
 * They are run as they stand, but for the ports, which are free ones.
 */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { BINARY, runProgram } from "../harness/binary.ts";
import { temporaryDirectory } from "../harness/temporary-directory.ts";
import { freePort, SERVICES_CACHE } from "./machine.ts";

const ROOT = join(import.meta.dir, "..", "..");
const DOCS = join(ROOT, "docs");
/** Of a clone, what `bun run services` needs. */
const CLONE = ["package.json", "scripts", "test", "src", "gen", "node_modules"];
const PORT = /\b18\d{3}\b/g;

function blocksOf(page: string): string[] {
  const text = readFileSync(join(DOCS, page), "utf8");
  const marked = /<!-- test: services -->\s*```sh\n([\s\S]*?)```/g;
  return [...text.matchAll(marked)].map(([, block = ""]) => block);
}

/** The same number is the same port wherever it stands. */
async function onFreePorts(script: string): Promise<string> {
  const ports = new Map<string, number>();
  for (const [port] of script.matchAll(PORT)) {
    if (!ports.has(port)) ports.set(port, await freePort());
  }
  return script.replaceAll(PORT, (port) => String(ports.get(port)));
}

const pages = readdirSync(DOCS).filter((name) => name.endsWith(".md") && blocksOf(name).length > 0);

test("durability and operations have such commands", () => {
  expect(pages).toEqual(expect.arrayContaining(["durability.md", "operations.md"]));
});

test.each(pages)("the commands of %s work when pasted", async (page) => {
  using place = temporaryDirectory();
  for (const name of CLONE) symlinkSync(join(ROOT, name), join(place.path, name));
  symlinkSync(BINARY, join(place.path, "entdb"));
  const path = [place.path, dirname(process.execPath), process.env["PATH"]].join(":");
  const env = { PATH: path, XDG_CACHE_HOME: dirname(SERVICES_CACHE) };
  // Whatever fails, nothing that the page has started stays.
  const leave = "trap 'kill $(jobs -p) 2> /dev/null || true' EXIT";
  const script = await onFreePorts([leave, ...blocksOf(page)].join("\n"));
  const command = ["bash", "-e", "-o", "pipefail", "-c", script];
  const { exitCode, stderr } = await runProgram(command, { cwd: place.path, env });
  expect({ exitCode, stderr: exitCode === 0 ? "" : stderr }).toEqual({ exitCode: 0, stderr: "" });
});
