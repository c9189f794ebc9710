/**
 * What befalls a log in Kinesis while writers write: to the server, and to its requests. A fault
 * leaves every request alone again; whether the server still runs is for the history to see.
 */
import type { Fault, FaultyProxy } from "../../services/faulty-proxy.ts";
import { kinesisError } from "../../services/kinesis-answers.ts";
import { type FaultOf, SERVER_FAULTS, type ServerScene } from "./server-faults.ts";

export interface KinesisScene extends ServerScene {
  /** What stands between the server and Kinesis. */
  readonly proxy: FaultyProxy;
}

export const KINESIS_FAULTS = {
  ...SERVER_FAULTS,
  "requests are throttled": (scene) =>
    oftenFor(scene, FEW_SECONDS_MS, kinesisError("ProvisionedThroughputExceededException")),
  "the service fails": (scene) =>
    oftenFor(scene, FEW_SECONDS_MS, kinesisError("InternalFailure", 500)),
  "answers are torn": (scene) => oftenFor(scene, FEW_SECONDS_MS, { kind: "torn" }),
  "records are stored twice": (scene) => oftenFor(scene, FEW_SECONDS_MS, { kind: "twice" }),
  "iterators expire": (scene) =>
    oftenFor(scene, FEW_SECONDS_MS, kinesisError("ExpiredIteratorException"), "GetRecords"),
  "a record is stored, and never answered": async (scene) => {
    let left = 1;
    scene.proxy.fault = ({ operation }) =>
      operation === "PutRecord" && left-- > 0 ? { kind: "silent" } : undefined;
    await Bun.sleep(scene.random.below(FEW_SECONDS_MS));
    scene.proxy.fault = () => undefined;
  },
  "nothing is answered, though records are stored": async ({ proxy, expectWritesRefused }) => {
    proxy.fault = () => ({ kind: "silent" });
    await expectWritesRefused();
    proxy.fault = () => undefined;
  },
  "nobody can be reached, and the server is killed": async ({ proxy, server }) => {
    proxy.fault = () => ({ kind: "closed" });
    await server.kill();
    proxy.fault = () => undefined;
  },
  "the server is killed while a record is under way": async ({ proxy, server }) => {
    const isStored = Promise.withResolvers<void>();
    proxy.fault = ({ operation }) => {
      if (operation !== "PutRecord") return undefined;
      isStored.resolve();
      return { kind: "silent" };
    };
    await isStored.promise;
    await server.kill();
    proxy.fault = () => undefined;
  },
} as const satisfies Readonly<Record<string, FaultOf<KinesisScene>>>;

/** Does it to every other request or so, for a while. */
async function oftenFor(
  { proxy, random }: KinesisScene,
  mostMs: number,
  fault: Fault,
  only?: string,
): Promise<void> {
  proxy.fault = ({ operation }) =>
    (only === undefined || operation === only) && random.below(2) === 0 ? fault : undefined;
  await Bun.sleep(random.below(mostMs));
  proxy.fault = () => undefined;
}

const FEW_SECONDS_MS = 2_000;
