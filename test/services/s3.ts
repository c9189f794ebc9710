/**
 * A real S3 service of our own, versitygw over a directory, on a free port of loopback. It
 * verifies signatures and checksums and keeps conditional puts; it does not sync its files,
 * so it proves nothing about power cuts. Ends by its pid when the scope ends, and also when
 * the process that started it exits early.
 */
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, goProgram } from "./machine.ts";

const MODULE = "github.com/versity/versitygw/cmd/versitygw@v1.8.0";
const READY_MS = 10_000;
const LOOK_MS = 20;

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
  const directory = mkdtempSync(join(tmpdir(), "entdb-s3-"));
  const buckets = join(directory, "buckets");
  mkdirSync(buckets);
  const port = options.port ?? (await freePort());
  const credentials = { accessKeyId: "testkey", secretAccessKey: "testsecret1" };
  const log = openSync(join(directory, "log"), "w");
  const child = Bun.spawn([program, "--port", `127.0.0.1:${port}`, "posix", buckets], {
    env: {
      ...process.env,
      ROOT_ACCESS_KEY: credentials.accessKeyId,
      ROOT_SECRET_KEY: credentials.secretAccessKey,
    },
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  const abandon = () => {
    child.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  };
  process.once("exit", abandon);
  const dispose = async () => {
    child.kill("SIGKILL");
    await child.exited;
    process.off("exit", abandon);
    rmSync(directory, { recursive: true, force: true });
  };
  const endpoint = `http://127.0.0.1:${port}`;
  if (!(await answers(endpoint, child))) {
    const said = readFileSync(join(directory, "log"), "utf8");
    await dispose();
    throw new Error(`the S3 service did not start:\n${said}`);
  }
  return {
    ...credentials,
    endpoint,
    region: "us-east-1",
    makeBucket: (name) => mkdirSync(join(buckets, name)),
    fileOf: (bucket, key) => join(buckets, bucket, key),
    [Symbol.asyncDispose]: dispose,
  };
}

/** Whether it answers anything at all before the time is up or its process ends. */
async function answers(endpoint: string, child: Bun.Subprocess): Promise<boolean> {
  const until = performance.now() + READY_MS;
  while (performance.now() < until && child.exitCode === null) {
    try {
      await fetch(endpoint);
      return true;
    } catch {
      await Bun.sleep(LOOK_MS);
    }
  }
  return false;
}
