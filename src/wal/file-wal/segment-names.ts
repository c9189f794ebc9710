import { join } from "node:path";

const NAME = /^([0-9]{10})\.segment$/;
const UNFINISHED = ".unfinished";

/** The path of a segment by its number in the log, from 1 on. */
export function segmentPath(directory: string, sequence: number): string {
  return join(directory, `${String(sequence).padStart(10, "0")}.segment`);
}

/** Where a file lies until its content is on disk and it may have its name. */
export function unfinishedPath(path: string): string {
  return path + UNFINISHED;
}

/** The numbers of the segments among the names, growing. */
export function segmentSequences(names: readonly string[]): number[] {
  return names
    .map((name) => Number(NAME.exec(name)?.[1] ?? 0))
    .filter((sequence) => sequence > 0)
    .sort((a, b) => a - b);
}

/** The names of files that were not finished when an earlier process ended. */
export function unfinishedNames(names: readonly string[]): string[] {
  return names.filter((name) => name.endsWith(UNFINISHED));
}
