/**
 * One node of a Kafka cluster of our own (broker and controller in one process): its settings,
 * its process, and what tests do to it. Everything on loopback.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { ServiceProcess } from "./service-process.ts";

export interface NodePlan {
  /** From 1 on. */
  readonly id: number;
  readonly directory: string;
  readonly port: number;
  readonly controllerPort: number;
}

const READY_MS = 240_000;
const HEAP = "384m";

export class KafkaNode {
  readonly plan: NodePlan;
  readonly #process: ServiceProcess;

  constructor(plan: NodePlan, jars: string) {
    this.plan = plan;
    this.#process = new ServiceProcess({
      name: `Kafka node ${plan.id}`,
      command: javaCommand(jars, HEAP, ["kafka.Kafka", this.#file]),
      log: join(plan.directory, "log"),
      // It takes connections once it is part of the cluster.
      isReady: () => accepts(plan.port),
      readyMs: READY_MS,
    });
  }

  get address(): string {
    return `127.0.0.1:${this.plan.port}`;
  }

  /** The file that says how the node runs; `others` are all nodes of the cluster, itself among them. */
  configure(others: readonly NodePlan[], settings: Readonly<Record<string, string>>): void {
    const { directory } = this.plan;
    mkdirSync(join(directory, "data"), { recursive: true });
    const lines = Object.entries({ ...this.#settings(others), ...settings });
    const text = lines.map(([name, value]) => `${name}=${value}\n`).join("");
    writeFileSync(this.#file, text);
  }

  /** Starts the process and returns when the broker takes connections. Throws with its log when it ends before. */
  start(): Promise<void> {
    return this.#process.start();
  }

  /** Starts the process, without waiting for it. */
  launch(): void {
    this.#process.launch();
  }

  /** Resolves when the broker takes connections, which it does once it is part of the cluster. */
  ready(): Promise<void> {
    return this.#process.ready();
  }

  /** SIGKILL, and until it is gone. */
  kill(): Promise<void> {
    return this.#process.kill();
  }

  /** SIGTERM: hands its partitions over first. SIGKILL when that takes too long. */
  stop(): Promise<void> {
    this.resume();
    return this.#process.stop();
  }

  /** SIGSTOP: it neither answers nor is gone. */
  pause(): void {
    this.#process.signal("SIGSTOP");
  }

  resume(): void {
    this.#process.signal("SIGCONT");
  }

  get #file(): string {
    return join(this.plan.directory, "server.properties");
  }

  #settings(others: readonly NodePlan[]): Record<string, string> {
    const { id, port, controllerPort, directory } = this.plan;
    const replicas = String(Math.min(3, others.length));
    const inSync = others.length >= 3 ? "2" : "1";
    const voters = others.map((other) => `${other.id}@127.0.0.1:${other.controllerPort}`);
    return {
      "process.roles": "broker,controller",
      "node.id": String(id),
      "controller.quorum.voters": voters.join(","),
      "controller.listener.names": "CONTROLLER",
      listeners: `BROKER://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
      "advertised.listeners": `BROKER://127.0.0.1:${port}`,
      "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
      "inter.broker.listener.name": "BROKER",
      "log.dirs": join(directory, "data"),
      "auto.create.topics.enable": "false",
      "default.replication.factor": replicas,
      "min.insync.replicas": inSync,
      "unclean.leader.election.enable": "false",
      "offsets.topic.replication.factor": replicas,
      "offsets.topic.num.partitions": "1",
      "transaction.state.log.replication.factor": replicas,
      "transaction.state.log.min.isr": inSync,
      "transaction.state.log.num.partitions": "1",
      "share.coordinator.state.topic.replication.factor": replicas,
      "share.coordinator.state.topic.min.isr": inSync,
      "share.coordinator.state.topic.num.partitions": "1",
      // A dead broker is noticed in three seconds, so that tests of fail-over are quick.
      "broker.session.timeout.ms": "3000",
      "broker.heartbeat.interval.ms": "500",
      "replica.lag.time.max.ms": "4000",
      // A machine that is busy with other tests must not make a start fail.
      "initial.broker.registration.timeout.ms": String(READY_MS),
      "num.network.threads": "1",
      "num.io.threads": "2",
      "background.threads": "2",
      "num.recovery.threads.per.data.dir": "1",
      "log.cleaner.dedupe.buffer.size": "8388608",
      "log.cleaner.threads": "1",
    };
  }
}

/** A Java virtual machine that starts quickly and stays small; of the log only warnings. */
export function javaCommand(jars: string, heap: string, main: readonly string[]): string[] {
  return [
    "java",
    ...["-Xms64m", `-Xmx${heap}`, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"],
    ...["-XX:-UsePerfData", "-Xshare:auto", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"],
    ...["-Dlog4j2.StatusLogger.level=OFF", "-cp", `${jars}/*`, ...main],
  ];
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
