import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import { startFaultyProxy } from "../../services/faulty-proxy.ts";
import { startKinesis } from "../../services/kinesis.ts";
import type { Scenario, ScenarioRun, Tally } from "../scenario.ts";
import { KINESIS_FAULTS, type KinesisScene } from "./kinesis-faults.ts";
import { LogHistory } from "./log-history.ts";

/** The server, its data, and its requests to Kinesis: all faults in as many whole rounds as there are cycles for. */
export const kinesis: Scenario = {
  name: "services/kinesis",
  kind: "other faults",
  cycles: 2 * Object.keys(KINESIS_FAULTS).length,
  needsService: true,
  run: histories,
};

async function histories({ cycles, random }: ScenarioRun): Promise<Tally> {
  await using service = await startKinesis();
  await using proxy = await startFaultyProxy(service.endpoint);
  using directory = temporaryDirectory();
  await using history = new LogHistory<KinesisScene>({
    ...{ cwd: directory.path, random },
    env: {
      ENTDB_WAL: "kinesis",
      ENTDB_KINESIS_ENDPOINT: proxy.url,
      ENTDB_KINESIS_REGION: service.region,
      ...service.environment,
    },
    sceneOf: (scene) => ({ ...scene, proxy }),
  });
  const rounds = Math.ceil(cycles / Object.keys(KINESIS_FAULTS).length);
  const count = await history.run(KINESIS_FAULTS, rounds);
  return { faults: count, acknowledged: history.journal.answered().length };
}
