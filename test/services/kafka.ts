/**
 * A real Apache Kafka of our own, one broker or three, on free ports of loopback. Its data lies
 * in a directory of its own and goes with it; its processes end by their pids when the scope
 * ends, and also when the process that started them exits early.
 */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { kafkaJars } from "./kafka-jars.ts";
import { javaCommand, KafkaNode, type NodePlan } from "./kafka-node.ts";
import { freePort, runToEnd } from "./machine.ts";
import { serviceDirectory } from "./service-process.ts";

export interface KafkaOptions {
  /** Defaults to 1. With 3, every topic is kept by all three and taken by two. */
  readonly nodes?: 1 | 3;
  /** Further broker settings, over those of this fixture. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Port of the first broker; the others follow it. Free ones by default. */
  readonly port?: number;
}

export interface Kafka extends AsyncDisposable {
  readonly nodes: readonly KafkaNode[];
  /** What a client is given: "127.0.0.1:1,127.0.0.1:2". */
  readonly brokers: string;
  /** The node with that id. */
  node(id: number): KafkaNode;
}

/** Any 16 bytes in base64url. */
const CLUSTER_ID = "AAAAAAAAAAAAAAAAAAAAAQ";

/** Starts a cluster with nothing in it. Throws with a node's log when one does not start. */
export async function startKafka(options: KafkaOptions = {}): Promise<Kafka> {
  const jars = await kafkaJars();
  const directory = serviceDirectory("kafka");
  const plans = await plan(directory.path, options);
  const nodes = plans.map((one) => new KafkaNode(one, jars));
  for (const node of nodes) node.configure(plans, options.settings ?? {});
  const dispose = async () => {
    await Promise.all(nodes.map((node) => node.kill()));
    directory[Symbol.dispose]();
  };
  try {
    await format(plans, jars);
    for (const node of nodes) node.launch();
    for (const node of nodes) await node.ready();
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    nodes,
    brokers: nodes.map((node) => node.address).join(","),
    node: (id) => {
      const found = nodes.find((node) => node.plan.id === id);
      if (found === undefined) throw new Error(`no node ${id}`);
      return found;
    },
    [Symbol.asyncDispose]: dispose,
  };
}

async function plan(directory: string, { nodes = 1, port }: KafkaOptions): Promise<NodePlan[]> {
  const ports =
    port === undefined
      ? await freePorts(nodes * 2)
      : Array.from({ length: nodes * 2 }, (_, i) => port + i);
  return Array.from({ length: nodes }, (_, i) => ({
    id: i + 1,
    directory: join(directory, String(i + 1)),
    port: ports[i] as number,
    controllerPort: ports[nodes + i] as number,
  }));
}

/** Formats the first node's storage and copies it to the others under names of their own: one start of Java instead of three. */
async function format(plans: readonly NodePlan[], jars: string): Promise<void> {
  const [first, ...others] = plans;
  if (first === undefined) return;
  const file = join(first.directory, "server.properties");
  const command = ["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", file];
  await runToEnd(javaCommand(jars, "128m", command));
  for (const other of others) {
    const data = join(other.directory, "data");
    cpSync(join(first.directory, "data"), data, { recursive: true });
    const properties = join(data, "meta.properties");
    const directoryId = Buffer.from(crypto.getRandomValues(new Uint8Array(16)));
    const text = readFileSync(properties, "utf8")
      .replace(/^node\.id=.*$/m, `node.id=${other.id}`)
      .replace(/^directory\.id=.*$/m, `directory.id=${directoryId.toString("base64url")}`);
    writeFileSync(properties, text);
  }
}

/** So many ports that are free now, all different. */
async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}
