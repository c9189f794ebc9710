import type { Config } from "../../config/options.ts";

/**
 * How long a face thread looks for the next call behind an answer: as the configuration says where
 * every thread of the server has a processor of its own, else not at all. What it looks with is
 * then the engine's: with one face thread on two processors, eight callers' writes lost a tenth.
 */
export function facePollUs(
  { idlePollUs, faceThreads }: Pick<Config, "idlePollUs" | "faceThreads">,
  processors: number,
): number {
  return processors > faceThreads + 1 ? idlePollUs : 0;
}
