/**
 * A Kinesis of our own, kinesalite in memory, on a free port of loopback. It keeps Kinesis'
 * requests, errors, sequence numbers and limits of size, though not its limits of rate; it
 * knows no credentials. Ends by its pid when the scope ends, and also when the process that
 * started it exits early.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { freePort, runToEnd, SERVICES_CACHE } from "./machine.ts";
import { answersHttp, serviceDirectory, startInDirectory } from "./service-process.ts";

const VERSION = "3.3.3";
/** How long a stream takes to be made or changed, in milliseconds. */
const CHANGE_MS = 20;
const SHARDS = 100_000;

export interface KinesisOptions {
  /** A free one by default. */
  readonly port?: number;
}

export interface Kinesis extends AsyncDisposable {
  readonly endpoint: string;
  readonly region: "us-east-1";
  /** What a program needs in its environment to use it. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Starts one with no streams in it. Throws with its log when it does not start. */
export async function startKinesis(options: KinesisOptions = {}): Promise<Kinesis> {
  const launcher = await kinesalite();
  const port = options.port ?? (await freePort());
  const endpoint = `http://127.0.0.1:${port}`;
  const directory = serviceDirectory("kinesis");
  const service = await startInDirectory(directory, {
    name: "kinesalite",
    command: [process.execPath, launcher, String(port)],
    isReady: () => answersHttp(endpoint),
  });
  return {
    ...service,
    endpoint,
    region: "us-east-1",
    environment: { AWS_ACCESS_KEY_ID: "testkey", AWS_SECRET_ACCESS_KEY: "testsecret1" },
  };
}

/** Something that starts the program, which is downloaded when it is not in the cache. */
async function kinesalite(): Promise<string> {
  const folder = join(SERVICES_CACHE, `kinesalite-${VERSION}`);
  const launcher = join(folder, "launch.cjs");
  if (existsSync(launcher)) return launcher;
  mkdirSync(SERVICES_CACHE, { recursive: true });
  const scratch = mkdtempSync(join(SERVICES_CACHE, "download-"));
  try {
    const dependencies = { kinesalite: VERSION };
    writeFileSync(join(scratch, "package.json"), JSON.stringify({ dependencies }));
    await runToEnd([process.execPath, "install", "--cwd", scratch, "--ignore-scripts"]);
    mendTimestamps(join(scratch, "node_modules/kinesalite/actions/getShardIterator.js"));
    writeFileSync(join(scratch, "launch.cjs"), LAUNCHER);
    if (!existsSync(folder)) renameSync(scratch, folder);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return launcher;
}

/** It never answers when it is asked for a time behind its last record, where Kinesis gives an iterator at the end. */
function mendTimestamps(path: string): void {
  const source = readFileSync(path, "utf8");
  const mended = source.replace(
    /\.head\(function\(item\) \{\n\s*iteratorSeq = item\.key\.split\('\/'\)\[1\]/,
    `.take(1).join(function(items) {
          iteratorSeq = items.length > 0 ? items[0].key.split('/')[1] : db.stringifySequence({
            shardCreateTime: shardSeqObj.shardCreateTime,
            seqIx: stream._seqIx[Math.floor(shardIx / 5)],
            seqTime: now,
            shardIx: shardSeqObj.shardIx,
          })`,
  );
  if (mended === source) throw new Error(`${path} is not what it was in ${VERSION}`);
  writeFileSync(path, mended);
}

/** Its own command listens on every address. */
const LAUNCHER = `const times = { createStreamMs: ${CHANGE_MS}, updateStreamMs: ${CHANGE_MS}, deleteStreamMs: ${CHANGE_MS} };
require("kinesalite")({ ...times, shardLimit: ${SHARDS} }).listen(Number(process.argv[2]), "127.0.0.1");
`;
