/** What befalls a server whose log another program keeps, whichever that is. */
import type { ServerProcess } from "../../harness/binary.ts";
import type { SeededRandom } from "../../harness/seeded-random.ts";

/** What a fault may touch. */
export interface ServerScene {
  readonly random: SeededRandom;
  readonly server: ServerProcess;
  /** Asserts that writes fail with a reason that says so, and that reads go on. */
  expectWritesRefused(): Promise<void>;
  /** Removes the server's whole data directory. The server must be gone. */
  loseData(): void;
}

/** What happens while writers write; in the end everything but the server runs as it should. */
export type FaultOf<Scene extends ServerScene> = (scene: Scene) => Promise<void>;

export const SERVER_FAULTS = {
  "the server is killed": async ({ server }) => {
    await server.kill();
  },
  "the server is stopped": async ({ server }) => {
    await server.stop();
  },
  "the data directory is lost": async ({ server, loseData }) => {
    await server.kill();
    loseData();
  },
} as const satisfies Readonly<Record<string, FaultOf<ServerScene>>>;
