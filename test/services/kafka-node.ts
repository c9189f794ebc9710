/**
 * One node of a Kafka cluster of our own (broker and controller in one process): its settings,
 * its process, and what tests do to it. Everything on loopback.
 */
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";

export interface NodePlan {
  /** From 1 on. */
  readonly id: number;
  readonly directory: string;
  readonly port: number;
  readonly controllerPort: number;
}

const READY_MS = 240_000;
const LOOK_MS = 25;
const STOP_MS = 10_000;
const HEAP = "384m";

export class KafkaNode {
  readonly plan: NodePlan;
  readonly #jars: string;
  #process: Bun.Subprocess | undefined;

  constructor(plan: NodePlan, jars: string) {
    this.plan = plan;
    this.#jars = jars;
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
  async start(): Promise<void> {
    this.launch();
    await this.ready();
  }

  /** Starts the process, without waiting for it. */
  launch(): void {
    const log = openSync(join(this.plan.directory, "log"), "a");
    // Whatever ends this process, also SIGKILL, ends the broker.
    const withParent = Bun.which("setpriv") === null ? [] : ["setpriv", "--pdeathsig", "KILL"];
    const java = javaCommand(this.#jars, HEAP, ["kafka.Kafka", this.#file]);
    this.#process = Bun.spawn([...withParent, ...java], { stdio: ["ignore", log, log] });
    closeSync(log);
  }

  /** Resolves when the broker takes connections, which it does once it is part of the cluster. */
  async ready(): Promise<void> {
    for (let waited = 0; !(await accepts(this.plan.port)); waited += LOOK_MS) {
      const ended = this.#process?.exitCode !== null || this.#process.signalCode !== null;
      if (ended || waited > READY_MS) {
        const log = readFileSync(join(this.plan.directory, "log"), "utf8").slice(-4_000);
        throw new Error(`Kafka node ${this.plan.id} did not start:\n${log}`);
      }
      await Bun.sleep(LOOK_MS);
    }
  }

  /** SIGKILL, without waiting: for the last moment of the process that started it. */
  abandon(): void {
    if (this.#process?.exitCode === null) this.#process.kill("SIGKILL");
  }

  /** SIGKILL, and until it is gone. */
  async kill(): Promise<void> {
    this.#process?.kill("SIGKILL");
    await this.#process?.exited;
  }

  /** SIGTERM: hands its partitions over first. SIGKILL when that takes too long. */
  async stop(): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    this.resume();
    child.kill("SIGTERM");
    const late = Bun.sleep(STOP_MS).then(() => child.kill("SIGKILL"));
    await Promise.race([child.exited, late]);
    await child.exited;
  }

  /** SIGSTOP: it neither answers nor is gone. */
  pause(): void {
    this.#process?.kill("SIGSTOP");
  }

  resume(): void {
    this.#process?.kill("SIGCONT");
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
