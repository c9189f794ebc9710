import {
  closeSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { extname } from "node:path";
import type { SeededRandom } from "../../harness/seeded-random.ts";

/** What may become of a file that nobody should touch. */
export type Damage = (file: string, random: SeededRandom, other: string) => void;

/** `other` is a file of the same kind. */
const ANYWHERE = {
  "cut short": (file, random) => truncateSync(file, random.below(statSync(file).size)),
  empty: (file) => truncateSync(file, 0),
  missing: (file) => rmSync(file),
  swapped: (file, _random, other) => {
    if (other === file) return;
    renameSync(file, `${file}.swap`);
    renameSync(other, file);
    renameSync(`${file}.swap`, other);
  },
} as const satisfies Readonly<Record<string, Damage>>;

/** For files in which every byte is accounted for. */
export const DAMAGES: Readonly<Record<string, Damage>> = {
  ...ANYWHERE,
  "another bit": (file, random) => {
    const bytes = readFileSync(file);
    const at = random.below(usedLength(bytes));
    overwrite(file, at, Buffer.of((bytes[at] ?? 0) ^ (1 << random.below(8))));
  },
  "a page of zeros": (file, random) => {
    const used = usedLength(readFileSync(file));
    const length = Math.min(used, PAGE_BYTES);
    overwrite(file, random.below(used - length + 1), Buffer.alloc(length));
  },
};

/** For files of SQLite, which has no sums over its pages: what is wrong with their structure. */
export const STRUCTURAL_DAMAGES: Readonly<Record<string, Damage>> = {
  ...ANYWHERE,
  "another header": (file, random) => overwrite(file, 0, random.bytes(HEADER_BYTES)),
};

const PAGE_BYTES = 4_096;
const HEADER_BYTES = 100;

/** Without the zeros at the end, of which a segment has many. */
function usedLength(bytes: Uint8Array): number {
  return Math.max(1, bytes.findLastIndex((byte) => byte !== 0) + 1);
}

function overwrite(file: string, at: number, bytes: Uint8Array): void {
  const handle = openSync(file, "r+");
  writeSync(handle, bytes, 0, bytes.length, at);
  closeSync(handle);
}

/** A file and what is done to it, by the seed. */
export function anyDamage(
  files: readonly string[],
  damages: Readonly<Record<string, Damage>>,
  random: SeededRandom,
): { readonly what: string; readonly strike: () => void } {
  const names = Object.keys(damages);
  const name = names[random.below(names.length)] as string;
  const file = files[random.below(files.length)] as string;
  const others = files.filter((other) => other !== file && extname(other) === extname(file));
  const other = others[random.below(others.length)] ?? file;
  return { what: `${name}: ${file}`, strike: () => damages[name]?.(file, random, other) };
}
