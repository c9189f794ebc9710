import type { ServerProcess } from "../../harness/binary.ts";
import type { SeededRandom } from "../../harness/seeded-random.ts";
import type { History, HistoryOptions } from "../bed/history.ts";

/** Something that a server does, with all its calls to the kernel. */
export interface Operation {
  readonly name: string;
  /** Settings that make it happen, or happen soon. */
  readonly settings?: Pick<HistoryOptions, "env" | "paddingBytes">;
  /** Every time on an empty data directory; by default one goes on for a while. */
  readonly isFresh?: boolean;
  /** Before calls are counted, on a server without load. */
  prepare?(scene: OperationScene): Promise<void>;
  /** Under load. Resolves when it has happened; what it throws once the server is gone is of no interest. */
  perform(scene: OperationScene): Promise<void>;
  /** After the restart: it has happened wholly or not at all, and can be done again. Throws a `Violation`. */
  settle?(scene: OperationScene): Promise<void>;
}

export interface OperationScene {
  readonly history: History;
  readonly server: ServerProcess;
  readonly random: SeededRandom;
  /** Of the scenario: tells the names of this one from those of others. */
  readonly cycle: number;
}
