/**
 * `bun run services up kafka kinesis s3`: starts the real parts that EntDB can stand on, for development,
 * prints what to set, and leaves them running until it is interrupted. They are the fixtures of
 * `bun run test:services`, on loopback, with nothing in them; their data goes with them.
 */
import { ensureInstalled } from "./ensure-installed.ts";

interface Service {
  /** Starts it and answers the settings that make EntDB use it. */
  start(): Promise<{
    readonly settings: Readonly<Record<string, string>>;
    readonly part: AsyncDisposable;
  }>;
}

/** Where they listen; somewhere else while somebody else does. */
const KAFKA_PORT = 19_092;
const KINESIS_PORT = 4_567;
const S3_PORT = 9_000;
const BUCKET = "entdb";

const SERVICES: Readonly<Record<string, Service>> = {
  kafka: {
    start: async () => {
      const { startKafka } = await import("../test/services/kafka.ts");
      const part = await startKafka(await preferring(KAFKA_PORT, 2));
      return { settings: { ENTDB_KAFKA_BROKERS: part.brokers }, part };
    },
  },
  kinesis: {
    start: async () => {
      const { startKinesis } = await import("../test/services/kinesis.ts");
      const part = await startKinesis(await preferring(KINESIS_PORT));
      const settings = {
        ENTDB_WAL: "kinesis",
        ENTDB_KINESIS_ENDPOINT: part.endpoint,
        ENTDB_KINESIS_REGION: part.region,
        ...part.environment,
      };
      return { settings, part };
    },
  },
  s3: {
    start: async () => {
      const { startS3 } = await import("../test/services/s3.ts");
      const part = await startS3(await preferring(S3_PORT));
      part.makeBucket(BUCKET);
      const settings = {
        ENTDB_S3_BUCKET: BUCKET,
        ENTDB_S3_ENDPOINT: part.endpoint,
        ENTDB_S3_ACCESS_KEY_ID: part.accessKeyId,
        ENTDB_S3_SECRET_ACCESS_KEY: part.secretAccessKey,
      };
      return { settings, part };
    },
  },
};

/** The port, if it is free, and as many as are wanted behind it; otherwise any. */
async function preferring(port: number, count = 1): Promise<{ readonly port?: number }> {
  const { isFree } = await import("../test/services/machine.ts");
  for (let i = 0; i < count; i++) if (!isFree(port + i)) return {};
  return { port };
}

function usage(): never {
  const names = Object.keys(SERVICES).join(" ");
  process.stderr.write(`Usage: bun run services up <service>…   (services: ${names})\n`);
  process.exit(2);
}

ensureInstalled();
const [verb, ...names] = process.argv.slice(2);
const services = names.map((name) => SERVICES[name]);
if (verb !== "up" || services.length === 0 || services.includes(undefined)) usage();

const interrupted = Promise.withResolvers<void>();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, interrupted.resolve);
await using parts = new AsyncDisposableStack();
for (const service of services) {
  const { settings, part } = (await service?.start()) ?? usage();
  parts.use(part);
  for (const [name, value] of Object.entries(settings)) {
    process.stdout.write(`export ${name}=${value}\n`);
  }
}
process.stderr.write("Running until interrupted (Ctrl-C).\n");
await interrupted.promise;
