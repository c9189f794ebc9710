/**
 * What we use of kafkajs beneath its public interface, which can neither read from a position
 * of one's own nor give up a send cleanly. Not covered by its promises of stability: the version
 * is pinned exactly, and the contract suite runs on it against a real broker.
 */
declare module "kafkajs/src/cluster/index.js" {
  import type { KafkaBroker } from "./broker-types.ts";

  /** A set of connections, and what its members last said about topics. */
  // biome-ignore lint/style/noDefaultExport: kafkajs exports it so
  export default class Cluster {
    constructor(options: Readonly<Record<string, unknown>>);
    connect(): Promise<void>;
    disconnect(): Promise<void>;
    addTargetTopic(topic: string): Promise<void>;
    refreshMetadataIfNecessary(): Promise<void>;
    findLeaderForPartitions(
      topic: string,
      partitions: readonly number[],
    ): Readonly<Record<string, readonly number[]>>;
    findBroker(which: { readonly nodeId: string }): Promise<KafkaBroker>;
    findControllerBroker(): Promise<KafkaBroker>;
  }
}

declare module "kafkajs/src/network/socketFactory.js" {
  // biome-ignore lint/style/noDefaultExport: kafkajs exports it so
  export default function socketFactory(): unknown;
}

declare module "kafkajs/src/loggers/index.js" {
  export function createLogger(options: {
    readonly level: number;
    readonly logCreator: () => () => void;
  }): unknown;
}

declare module "kafkajs/src/network/requestQueue/index.js" {
  // biome-ignore lint/style/noDefaultExport: kafkajs exports it so
  export default class RequestQueue {
    readonly pending: readonly unknown[];
    scheduleCheckPendingRequests(): void;
  }
}
