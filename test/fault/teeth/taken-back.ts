import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ServerProcess } from "../../harness/binary.ts";
import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import { History } from "../bed/history.ts";
import type { Scenario, ScenarioRun } from "../scenario.ts";
import { mustFail } from "./must-fail.ts";

/** The data directory is put back to an earlier state between kill and restart. */
export const takenBack: Scenario = {
  name: "teeth/taken-back",
  kind: "teeth",
  cycles: 1,
  run: (run) => mustFail(() => putBack(run)),
};

async function putBack({ random }: ScenarioRun): Promise<void> {
  using directory = temporaryDirectory();
  const history = new History({ cwd: directory.path, random });
  const killAfterAnswers = async (server: ServerProcess) => {
    await history.answers(server, 10);
    await server.kill();
  };
  const earlier = join(directory.path, "earlier");
  await history.cycle(killAfterAnswers);
  cpSync(history.dataDir, earlier, { recursive: true });
  await history.cycle(killAfterAnswers);
  rmSync(history.dataDir, { recursive: true });
  cpSync(earlier, history.dataDir, { recursive: true });
  await history.finish();
}
