/**
 * What is inside the executable, as a CycloneDX 1.6 document: the runtime and every package
 * that `bun.lock` holds for `dependencies`, directly or not, with version, licence and hash.
 * The same lock file makes the same bytes.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./ensure-installed.ts";

interface LockFile {
  readonly workspaces: { readonly "": { readonly dependencies: Readonly<Record<string, string>> } };
  /** Name and version, where from, facts, hash. */
  readonly packages: Readonly<Record<string, readonly [string, string, LockFacts, string]>>;
}

interface LockFacts {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface Component {
  readonly type: "library" | "platform";
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses?: readonly { readonly expression: string }[];
  readonly hashes?: readonly { readonly alg: "SHA-512"; readonly content: string }[];
}

/** The document's text, with a line end. */
export function sbomText(version: string): string {
  const lock = Bun.JSONC.parse(readFileSync(join(ROOT, "bun.lock"), "utf8")) as LockFile;
  const components = [runtime(), ...packagesOf(lock)];
  const product = { type: "application", name: "entdb", version };
  const document = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: product },
    components,
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function runtime(): Component {
  const { version } = Bun;
  return { type: "platform", name: "bun", version, purl: `pkg:npm/bun@${version}` };
}

/** In the order of their names. */
function packagesOf(lock: LockFile): Component[] {
  const found = new Map<string, Component>();
  const visit = (names: Readonly<Record<string, string>>, inside: string) => {
    for (const name of Object.keys(names)) {
      // A package that needs a version of its own stands under who needs it.
      const nested = `${inside}/${name}`;
      const key = nested in lock.packages ? nested : name;
      const entry = lock.packages[key];
      // What is optional may not be there for this system.
      if (entry === undefined || found.has(key)) continue;
      const [id, , facts, hash] = entry;
      found.set(key, componentOf(key, id, hash));
      visit({ ...facts.dependencies, ...facts.optionalDependencies }, key);
    }
  };
  visit(lock.workspaces[""].dependencies, "");
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, component]) => component);
}

function componentOf(key: string, id: string, hash: string): Component {
  const at = id.lastIndexOf("@");
  const [name, version] = [id.slice(0, at), id.slice(at + 1)];
  const manifest = join(ROOT, "node_modules", ...key.split("/"), "package.json");
  const { license } = JSON.parse(readFileSync(manifest, "utf8"));
  return {
    type: "library",
    name,
    version,
    purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
    ...(typeof license === "string" && { licenses: [{ expression: license }] }),
    ...(hash.startsWith("sha512-") && {
      hashes: [{ alg: "SHA-512", content: Buffer.from(hash.slice(7), "base64").toString("hex") }],
    }),
  };
}
