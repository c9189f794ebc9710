/** How a Kafka cluster is reached, and what is asked of the topic there. */
export interface KafkaSettings {
  /** "host:port", at least one. */
  readonly brokers: readonly string[];
  /** Undefined: plain text. */
  readonly tls: KafkaTls | undefined;
  /** Undefined: nobody is asked who we are, or the certificate says it. */
  readonly sasl: KafkaSasl | undefined;
  /** Copies of a topic that is created; 0: as many as there are brokers, at most three. */
  readonly replicationFactor: number;
  /** Partitions of a topic that is created. */
  readonly partitions: number;
  /** Whether records that Kafka removes stand in an archive: then a topic may remove some. */
  readonly isArchived: boolean;
  /** Takes a topic whose settings may lose acknowledged records. */
  readonly allowUnsafe: boolean;
}

/** PEM texts; undefined: the system's authorities, and no certificate of our own. */
export interface KafkaTls {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

export interface KafkaSasl {
  readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
  readonly username: string;
  readonly password: string;
}
