/**
 * Where the log is: what follows where nothing was said, and what cannot be. Settings of Kafka
 * are judged wherever brokers are named, those of Kinesis always, also when the server's log is
 * elsewhere: `log copy` uses them too.
 */
import { isEndpoint } from "./endpoint.ts";
import type { Config } from "./options.ts";
import type { Problem } from "./resolve.ts";

type WalConfig = Pick<
  Config,
  | "wal"
  | "kafkaBrokers"
  | "kafkaTopic"
  | "kafkaAcks"
  | "kafkaEnableIdempotence"
  | "kafkaTls"
  | "kafkaTlsCaFile"
  | "kafkaTlsCertFile"
  | "kafkaTlsKeyFile"
  | "kafkaSaslMechanism"
  | "kafkaSaslUsername"
  | "kafkaSaslPassword"
  | "kinesisStream"
  | "kinesisRegion"
  | "kinesisEndpoint"
>;

const BROKER = /^[^:\s/]+:\d{1,5}$/;
/** What Kafka takes for a name. */
const TOPIC = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;

/** What Kinesis takes for a name. */
const STREAM = /^[A-Za-z0-9._-]{1,128}$/;
const REGION = /^[a-z0-9-]+$/;

/** Where the log is, where the operator did not say: in Kafka when brokers are named, else in files. */
export function settledWal({
  wal,
  kafkaBrokers,
}: Pick<Config, "wal" | "kafkaBrokers">): Exclude<Config["wal"], "auto"> {
  if (wal !== "auto") return wal;
  return kafkaBrokers.length > 0 ? "kafka" : "file";
}

/** What is wrong in where the log is, given the settled kind. */
export function walProblems(config: WalConfig): Problem[] {
  const isKafka = config.wal === "kafka" || config.kafkaBrokers.length > 0;
  return [...(isKafka ? kafkaProblems(config) : []), ...kinesisProblems(config)];
}

function kinesisProblems({ kinesisStream, kinesisRegion, kinesisEndpoint }: WalConfig): Problem[] {
  const problems: Problem[] = [];
  if (!STREAM.test(kinesisStream)) {
    const message = "must be 1 to 128 letters, digits, dots, dashes and underscores";
    problems.push({ name: "ENTDB_KINESIS_STREAM", message });
  }
  if (kinesisRegion !== "" && !REGION.test(kinesisRegion)) {
    const message = "must be the name of a region, such as eu-central-1";
    problems.push({ name: "ENTDB_KINESIS_REGION", message });
  }
  if (kinesisEndpoint !== "" && !isEndpoint(kinesisEndpoint)) {
    const message = "must be an http or https address without a path and without a password in it";
    problems.push({ name: "ENTDB_KINESIS_ENDPOINT", message });
  }
  return problems;
}

function kafkaProblems(config: WalConfig): Problem[] {
  const { kafkaBrokers, kafkaTopic, kafkaAcks, kafkaEnableIdempotence } = config;
  const problems: Problem[] = [];
  if (kafkaBrokers.length === 0 || !kafkaBrokers.every((broker) => BROKER.test(broker))) {
    const message = "must name at least one broker, each as host:port";
    problems.push({ name: "ENTDB_KAFKA_BROKERS", message });
  }
  if (!TOPIC.test(kafkaTopic)) {
    const message = "must be 1 to 249 letters, digits, dots, dashes and underscores";
    problems.push({ name: "ENTDB_KAFKA_TOPIC", message });
  }
  if (kafkaAcks !== "all") {
    const message = `is ${kafkaAcks}: a write would be answered that at most one broker has, and be lost with it; only all is taken`;
    problems.push({ name: "ENTDB_KAFKA_ACKS", message });
  }
  if (!kafkaEnableIdempotence) {
    const message =
      "is false: a record that has to be sent again could stand in the log twice; only true is taken";
    problems.push({ name: "ENTDB_KAFKA_ENABLE_IDEMPOTENCE", message });
  }
  return [...problems, ...tlsProblems(config), ...saslProblems(config)];
}

function tlsProblems(config: WalConfig): Problem[] {
  const { kafkaTls, kafkaTlsCaFile, kafkaTlsCertFile, kafkaTlsKeyFile } = config;
  const isGiven = [kafkaTlsCaFile, kafkaTlsCertFile, kafkaTlsKeyFile].some((path) => path !== "");
  if (!kafkaTls && isGiven) {
    const message = "is false, yet certificates are named that only TLS would use";
    return [{ name: "ENTDB_KAFKA_TLS", message }];
  }
  if ((kafkaTlsCertFile === "") === (kafkaTlsKeyFile === "")) return [];
  const message = "and ENTDB_KAFKA_TLS_KEY_FILE belong together: give both or neither";
  return [{ name: "ENTDB_KAFKA_TLS_CERT_FILE", message }];
}

function saslProblems(config: WalConfig): Problem[] {
  const { kafkaSaslMechanism, kafkaSaslUsername, kafkaSaslPassword } = config;
  const given = [kafkaSaslUsername, kafkaSaslPassword].filter((part) => part !== "").length;
  if (given === (kafkaSaslMechanism === "none" ? 0 : 2)) return [];
  const message =
    kafkaSaslMechanism === "none"
      ? "is none, yet a user or a password is given"
      : `is ${kafkaSaslMechanism}: ENTDB_KAFKA_SASL_USERNAME and ENTDB_KAFKA_SASL_PASSWORD must both be set`;
  return [{ name: "ENTDB_KAFKA_SASL_MECHANISM", message }];
}
