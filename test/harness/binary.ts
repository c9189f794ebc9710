/**
 * The compiled executable as its users start it: alone in an empty directory, with nothing of
 * this repository near and no setting inherited from whoever runs the tests.
 *
 * Ports are always free ones; where the server listens is read from its ready line.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive } from "../../scripts/run.ts";

const ROOT = join(import.meta.dir, "..", "..");

const COPY = "entdb-alone-of-";

/** Path of the executable: `E2E_BINARY`, or a copy of `dist/entdb`, which is built if missing. */
export const BINARY: string = process.env["E2E_BINARY"] ?? copyOfBuild();

function copyOfBuild(): string {
  const built = join(ROOT, "dist", "entdb");
  if (!existsSync(built)) {
    const build = Bun.spawnSync([process.execPath, "scripts/build.ts"], { cwd: ROOT });
    if (!build.success) throw new Error(`the build failed:\n${build.stderr}`);
  }
  removeCopiesOfTheDead();
  const alone = join(tmpdir(), `${COPY}${process.pid}`);
  mkdirSync(alone, { recursive: true });
  copyFileSync(built, join(alone, "entdb"));
  return join(alone, "entdb");
}

/** A test run has no last moment in which to remove its copy; the next one does. */
function removeCopiesOfTheDead(): void {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(COPY) || isAlive(Number(name.slice(COPY.length)))) continue;
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

export interface BinaryOptions {
  /** An empty directory of the test; also the home directory. */
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What stands on stdin; nothing by default. */
  readonly input?: string;
}

export interface BinaryResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. */
export async function runBinary(
  args: readonly string[],
  options: BinaryOptions,
): Promise<BinaryResult> {
  return await runProgram([BINARY, ...args], options);
}

/** Runs any program with the environment that the executable gets. */
export async function runProgram(
  command: readonly string[],
  options: BinaryOptions,
): Promise<BinaryResult> {
  const child = Bun.spawn([...command], {
    cwd: options.cwd,
    env: environment(options),
    stdin: new Blob([options.input ?? ""]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  return { exitCode, stdout, stderr };
}

/** A server that runs, or ran, as a process of its own. Killed when its scope ends. */
export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
  readonly httpUrl: string;
  readonly grpcUrl: string;
  /** What the ready line says. */
  readonly ready: Readonly<Record<string, string>>;
  /** What it has written so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves when the text stands on the stream. */
  waitFor(stream: "stdout" | "stderr", text: string): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** The exit code; 128 and the signal's number when a signal ended it. */
  readonly exited: Promise<number>;
  /** SIGKILL, and until it is gone. */
  kill(): Promise<void>;
  /** SIGTERM, and its exit code. */
  stop(): Promise<number>;
}

export interface ServerOptions extends BinaryOptions {
  /** `serve` by default. */
  readonly command?: "serve" | "dev";
  /** Relative to `cwd`; `data` by default; null leaves it to the command. */
  readonly dataDir?: string | null;
  readonly args?: readonly string[];
  /** A program in front that becomes the server itself, such as `strace -D`. */
  readonly under?: readonly string[];
  /** Another executable of the server than the one that users get. */
  readonly program?: string;
}

/** The server ended before it was ready. */
export class StartRefused extends Error {
  override readonly name = "StartRefused";
  readonly exitCode: number;
  readonly stderr: string;

  constructor(exitCode: number, stderr: string) {
    super(`the server ended with ${exitCode} before it was ready:\n${stderr}`);
    this.exitCode = exitCode;
    this.stderr = stderr;
  }

  /** The stable reason that it gave; the empty text when it gave none. */
  get reason(): string {
    return /\b[A-Z]+(?:_[A-Z]+)+\b/.exec(this.stderr)?.[0] ?? "";
  }
}

/** Starts a server on free ports and returns when it says that it is ready. Throws {@link StartRefused}. */
export async function startServerProcess(options: ServerOptions): Promise<ServerProcess> {
  const { command = "serve", dataDir = "data", args = [], under = [], program = BINARY } = options;
  const child = Bun.spawn(
    [
      ...under,
      program,
      command,
      ...["--grpc-port", "0", "--http-port", "0"],
      ...(dataDir === null ? [] : ["--data-dir", join(options.cwd, dataDir)]),
      ...args,
    ],
    {
      cwd: options.cwd,
      env: environment(options),
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    },
  );
  const out = new Collected(child.stdout);
  const err = new Collected(child.stderr);
  const line = await err.waitFor(/^(?:entdb ready .*|\{.*"message":"entdb ready".*)\n/m);
  if (line === undefined) throw new StartRefused(await child.exited, err.text);
  const ready = parseReady(line);
  const kill = async () => {
    child.kill("SIGKILL");
    await child.exited;
  };
  return {
    pid: child.pid,
    httpUrl: ready["http"] ?? "",
    grpcUrl: ready["grpc"] ?? "",
    ready,
    stdout: () => out.text,
    stderr: () => err.text,
    waitFor: async (stream, text) => {
      const found = await (stream === "stdout" ? out : err).waitFor(text);
      if (found === undefined) throw new Error(`${stream} ended without ${JSON.stringify(text)}`);
    },
    signal: (name) => child.kill(name),
    exited: child.exited,
    kill,
    stop: async () => {
      child.kill("SIGTERM");
      return await child.exited;
    },
    [Symbol.asyncDispose]: kill,
  };
}

/** The fields of a ready line of either format. */
export function parseReady(line: string): Record<string, string> {
  if (line.startsWith("{")) {
    const fields = Object.entries(JSON.parse(line) as Record<string, unknown>);
    return Object.fromEntries(fields.map(([name, value]) => [name, String(value)]));
  }
  return Object.fromEntries(
    [...line.matchAll(/(\w+)=("(?:[^"\\]|\\.)*"|\S+)/g)].map(([, name = "", value = ""]) => [
      name,
      value.startsWith('"') ? String(JSON.parse(value)) : value,
    ]),
  );
}

/** A stream's text as it comes, and who waits for some of it. */
class Collected {
  text = "";
  #ended = false;
  #wake = Promise.withResolvers<void>();

  constructor(stream: ReadableStream<Uint8Array>) {
    void this.#collect(stream);
  }

  /** What matched; undefined when the stream ended before anything did. */
  async waitFor(wanted: string | RegExp): Promise<string | undefined> {
    for (;;) {
      const found = typeof wanted === "string" ? this.#find(wanted) : wanted.exec(this.text)?.[0];
      if (found !== undefined) return found;
      if (this.#ended) return undefined;
      await this.#wake.promise;
    }
  }

  #find(wanted: string): string | undefined {
    return this.text.includes(wanted) ? wanted : undefined;
  }

  async #collect(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      this.text += decoder.decode(chunk, { stream: true });
      this.#announce();
    }
    this.#ended = true;
    this.#announce();
  }

  #announce(): void {
    const { resolve } = this.#wake;
    this.#wake = Promise.withResolvers<void>();
    resolve();
  }
}

/** How many face threads the servers of black-box tests have: any number must pass them all. */
const FACE_THREADS = { ENTDB_FACE_THREADS: process.env["TEST_FACE_THREADS"] ?? "" };

/** Nothing of the environment that could name a setting of EntDB, a proxy or a colour. */
function environment(options: BinaryOptions): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    TMPDIR: options.cwd,
    HOME: options.cwd,
    ...FACE_THREADS,
    ...options.env,
  };
}
