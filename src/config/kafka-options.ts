/**
 * The log in Kafka: how the cluster is reached and what is asked of the topic, a part of the
 * table of all settings (`options.ts`).
 */
import { option } from "./option.ts";
import { boolean, choice, integer, list, text } from "./parse.ts";

export const KAFKA_OPTIONS = {
  kafkaBrokers: option({
    group: "kafka",
    parser: list,
    default: [],
    sentence:
      "Brokers of the Kafka cluster that keeps the log, as `host:port`; two or three of them suffice to find the others.",
  }),
  kafkaTopic: option({
    group: "kafka",
    parser: text,
    default: "entdb-wal",
    sentence: "Topic of the log; made with safe settings when it is not there.",
  }),
  kafkaAcks: option({
    group: "kafka",
    parser: choice("all", "1", "0"),
    default: "all",
    sentence:
      "Which brokers have a record before a write is answered: `all` replicas in sync. Nothing less is taken.",
  }),
  kafkaEnableIdempotence: option({
    group: "kafka",
    parser: boolean,
    default: true,
    sentence: "Whether brokers drop what is sent twice. Nothing else is taken.",
  }),
  kafkaReplicationFactor: option({
    group: "kafka",
    parser: integer(0, 100),
    default: 0,
    sentence: "Replicas of a topic that is made; 0: as many as there are brokers, at most three.",
  }),
  kafkaAllowUnsafe: option({
    group: "kafka",
    parser: boolean,
    default: false,
    sentence: "Takes a topic under whose settings acknowledged records can be lost.",
  }),
  kafkaTls: option({
    group: "kafka",
    parser: boolean,
    default: false,
    sentence: "Whether the brokers are spoken to over TLS.",
  }),
  kafkaTlsCaFile: option({
    group: "kafka",
    parser: text,
    default: "",
    sentence:
      "Certificates of the authorities that brokers are trusted by, in PEM; by default the system's.",
  }),
  kafkaTlsCertFile: option({
    group: "kafka",
    parser: text,
    default: "",
    sentence: "Certificate to show to the brokers, in PEM, where they ask for one.",
  }),
  kafkaTlsKeyFile: option({
    group: "kafka",
    parser: text,
    default: "",
    sentence: "Its private key, in PEM.",
  }),
  kafkaSaslMechanism: option({
    group: "kafka",
    parser: choice("none", "plain", "scram-sha-256", "scram-sha-512"),
    default: "none",
    sentence: "How the server says to the brokers who it is.",
  }),
  kafkaSaslUsername: option({
    group: "kafka",
    parser: text,
    default: "",
    sentence: "User at the brokers.",
  }),
  kafkaSaslPassword: option({
    group: "kafka",
    parser: text,
    default: "",
    secret: true,
    sentence: "The user's password.",
  }),
} as const;
