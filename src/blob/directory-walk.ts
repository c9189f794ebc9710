import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { systemErrorCode } from "../base/durable-file.ts";
import type { BlobInfo } from "./blob-store.ts";

export interface WalkRange {
  readonly prefix: string;
  /** Keys up to this one are passed over. */
  readonly after: string;
}

/**
 * The files under a directory whose keys are in the range, in the order of their keys' bytes:
 * a folder counts as its name with `/` behind it, so that "a-b" comes before "a/b". Folders
 * out of the range are not looked into. Names that begin with a dot are none of ours. Throws
 * ENOENT when the directory itself is not there: what lay in it is not gone, but out of sight.
 */
export async function* walkFiles(
  root: string,
  range: WalkRange,
  folder = "",
): AsyncGenerator<BlobInfo> {
  const entries = folder === "" ? await allIn(root) : await entriesOf(join(root, folder));
  const names = entries
    .filter(({ name }) => !name.startsWith("."))
    .map((entry) => ({ isFolder: entry.isDirectory(), key: folder + entry.name }))
    .map(({ isFolder, key }) => (isFolder ? `${key}/` : key))
    .filter((key) => mayHold(key, range));
  for (const key of names.sort()) {
    if (key.endsWith("/")) yield* walkFiles(root, range, key);
    else yield* fileInfo(root, key);
  }
}

/** Whether the file, or a file in the folder, can be in the range. */
function mayHold(key: string, { prefix, after }: WalkRange): boolean {
  const isFolder = key.endsWith("/");
  const leadsThere = key.startsWith(prefix) || (isFolder && prefix.startsWith(key));
  return leadsThere && (isFolder ? key >= after.slice(0, key.length) : key > after);
}

/** The names of the folders in a folder, in no order; none where there is no such folder. */
export async function foldersIn(folder: string): Promise<string[]> {
  const entries = await entriesOf(folder);
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith("."));
  return folders.map(({ name }) => name);
}

async function entriesOf(folder: string) {
  try {
    return await allIn(folder);
  } catch (error) {
    // It was emptied, and removed, meanwhile; or nothing was ever put.
    if (systemErrorCode(error) === "ENOENT") return [];
    throw error;
  }
}

async function allIn(folder: string) {
  return await readdir(folder, { withFileTypes: true });
}

async function* fileInfo(root: string, key: string): AsyncGenerator<BlobInfo> {
  try {
    yield { key, bytes: (await stat(join(root, key))).size };
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") throw error;
  }
}
