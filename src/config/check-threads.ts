import type { Config } from "./options.ts";
import type { Problem } from "./resolve.ts";

/** What is wrong in the threads asked for, on a machine of that system. */
export function threadProblems(
  { faceThreads }: Pick<Config, "faceThreads">,
  platform: NodeJS.Platform,
): Problem[] {
  if (faceThreads === 0 || platform === "linux") return [];
  const message = "needs Linux, where the system spreads the connections of a port over threads";
  return [{ name: "ENTDB_FACE_THREADS", message }];
}
