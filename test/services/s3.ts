/**
 * A real S3 service of our own, versitygw over a directory, on a free port of loopback. It
 * verifies signatures and checksums and keeps conditional puts; it does not sync its files,
 * so it proves nothing about power cuts. Ends by its pid when the scope ends, and also when
 * the process that started it exits early.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { freePort, goProgram } from "./machine.ts";
import { answersHttp, serviceDirectory, startInDirectory } from "./service-process.ts";

export const S3_VERSION = "1.8.0";
const MODULE = `github.com/versity/versitygw/cmd/versitygw@v${S3_VERSION}`;

export interface S3Options {
  /** A free one by default. */
  readonly port?: number;
}

export interface S3 extends AsyncDisposable {
  readonly endpoint: string;
  readonly region: "us-east-1";
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Makes an empty bucket. */
  makeBucket(name: string): void;
  /** The file behind an object, for whoever wants to damage it. */
  fileOf(bucket: string, key: string): string;
}

/** Starts one with no buckets in it. Throws with its log when it does not start. */
export async function startS3(options: S3Options = {}): Promise<S3> {
  const program = await goProgram(MODULE);
  const directory = serviceDirectory("s3");
  const buckets = join(directory.path, "buckets");
  mkdirSync(buckets);
  const port = options.port ?? (await freePort());
  const endpoint = `http://127.0.0.1:${port}`;
  const credentials = { accessKeyId: "testkey", secretAccessKey: "testsecret1" };
  const service = await startInDirectory(directory, {
    name: "the S3 service",
    command: [program, "--port", `127.0.0.1:${port}`, "posix", buckets],
    environment: {
      ROOT_ACCESS_KEY: credentials.accessKeyId,
      ROOT_SECRET_KEY: credentials.secretAccessKey,
    },
    isReady: () => answersHttp(endpoint),
  });
  return {
    ...service,
    ...credentials,
    endpoint,
    region: "us-east-1",
    makeBucket: (name) => mkdirSync(join(buckets, name)),
    fileOf: (bucket, key) => join(buckets, bucket, key),
  };
}
