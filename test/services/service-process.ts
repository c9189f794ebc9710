/**
 * A real part as a process of this one: started with its output in a file, waited for, and gone
 * by its pid when whoever started it says so, exits early, or is killed.
 */
import { closeSync, mkdtempSync, openSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory for a part's files, which goes when it is disposed of, and when this process ends early. */
export interface ServiceDirectory extends Disposable {
  readonly path: string;
}

export function serviceDirectory(name: string): ServiceDirectory {
  const path = realpathSync(mkdtempSync(join(tmpdir(), `entdb-${name}-`)));
  const remove = () => rmSync(path, { recursive: true, force: true });
  process.once("exit", remove);
  return {
    path,
    [Symbol.dispose]: () => {
      process.off("exit", remove);
      remove();
    },
  };
}

export interface ServiceOptions {
  /** For people. */
  readonly name: string;
  readonly command: readonly string[];
  /** Over this process's environment. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** The file that gets what it prints, behind what is in it. */
  readonly log: string;
  /** Whether it can be used by now; asked again and again. */
  readonly isReady: () => Promise<boolean>;
  /** How long that may take. Defaults to 10 seconds. */
  readonly readyMs?: number;
}

export class ServiceProcess {
  readonly #options: ServiceOptions;
  #child: Bun.Subprocess | undefined;
  readonly #abandon = (): void => this.signal("SIGKILL");

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  /** Starts it and returns when it can be used. Throws with what it printed when that never comes; then it is gone. */
  async start(): Promise<void> {
    this.launch();
    await this.ready();
  }

  /** Starts it, without waiting for it. */
  launch(): void {
    const { command, environment, cwd, log } = this.#options;
    const output = openSync(log, "a");
    // Whatever ends this process, also SIGKILL, ends it.
    const withParent = Bun.which("setpriv") === null ? [] : ["setpriv", "--pdeathsig", "KILL"];
    this.#child = Bun.spawn([...withParent, ...command], {
      ...(cwd !== undefined && { cwd }),
      env: { ...process.env, ...environment },
      stdio: ["ignore", output, output],
    });
    closeSync(output);
    process.once("exit", this.#abandon);
  }

  async ready(): Promise<void> {
    const { name, log, isReady, readyMs = READY_MS } = this.#options;
    const until = performance.now() + readyMs;
    while (!(await isReady())) {
      if (this.#hasEnded || performance.now() > until) {
        await this.kill();
        throw new Error(`${name} did not start:\n${readFileSync(log, "utf8").slice(-4_000)}`);
      }
      await Bun.sleep(LOOK_MS);
    }
  }

  /** SIGKILL, and until it is gone. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.ended();
  }

  /** Until it has ended by itself, or by somebody else. */
  async ended(): Promise<void> {
    await this.#child?.exited;
    process.off("exit", this.#abandon);
  }

  /** SIGTERM; SIGKILL when that takes too long. */
  async stop(): Promise<void> {
    // This one: the next may have been started when the time is up.
    const child = this.#child;
    child?.kill("SIGTERM");
    const late = Bun.sleep(STOP_MS).then(() => child?.kill("SIGKILL"));
    await Promise.race([child?.exited, late]);
    await this.kill();
  }

  /** Sends a signal, if it still runs. */
  signal(name: NodeJS.Signals): void {
    if (!this.#hasEnded) this.#child?.kill(name);
  }

  get #hasEnded(): boolean {
    const child = this.#child;
    return child === undefined || child.exitCode !== null || child.signalCode !== null;
  }
}

/**
 * Starts a part whose files and output are in the directory, which is gone when the part is: when
 * that is disposed of, and when it does not start. Throws then with what it printed.
 */
export async function startInDirectory(
  directory: ServiceDirectory,
  options: Omit<ServiceOptions, "log">,
): Promise<AsyncDisposable> {
  const service = new ServiceProcess({ ...options, log: join(directory.path, "log") });
  try {
    await service.start();
  } catch (error) {
    directory[Symbol.dispose]();
    throw error;
  }
  return {
    [Symbol.asyncDispose]: async () => {
      await service.kill();
      directory[Symbol.dispose]();
    },
  };
}

/** Whether anything at all is answered there. */
export async function answersHttp(endpoint: string): Promise<boolean> {
  try {
    await fetch(endpoint);
    return true;
  } catch {
    return false;
  }
}

const READY_MS = 10_000;
const LOOK_MS = 20;
const STOP_MS = 10_000;
