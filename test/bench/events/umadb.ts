import { dirname, join } from "node:path";
import { freePort } from "../../services/machine.ts";
import { type Budget, type Measurement, measurementOf } from "../measure.ts";

/** Why UmaDB cannot be asked here, and what to install; undefined when it can. */
export function umadbMissing(): string | undefined {
  if (Bun.which("umadb") !== null) return undefined;
  return "umadb is not on the PATH: pip install umadb, in an environment of its own";
}

/** UmaDB's server from its wheel, and the load of its own client in a process beside it. */
export class UmaDB implements AsyncDisposable {
  readonly #server: Bun.Subprocess;
  readonly #url: string;

  constructor(server: Bun.Subprocess, url: string) {
    this.#server = server;
    this.#url = url;
  }

  static async start(directory: string): Promise<UmaDB> {
    const address = `127.0.0.1:${await freePort()}`;
    const command = ["umadb", "--listen", address, "--db-path", join(directory, "umadb")];
    const server = Bun.spawn(command, { stdout: "ignore", stderr: "ignore" });
    return new UmaDB(server, `http://${address}`);
  }

  async measure(
    run: string,
    inFlight: number,
    events: number,
    budget: Budget,
  ): Promise<Measurement> {
    const python = join(dirname(Bun.which("umadb") ?? ""), "python");
    const script = join(import.meta.dir, "..", "generators", "umadb-load.py");
    const [unit, amount] =
      "calls" in budget ? ["calls", budget.calls] : ["seconds", budget.seconds];
    const args = [this.#url, run, inFlight, events, unit, amount].map(String);
    const child = Bun.spawn([python, script, ...args], { stdout: "pipe", stderr: "inherit" });
    const [out, code] = await Promise.all([child.stdout.text(), child.exited]);
    if (code !== 0) throw new Error(`the load of UmaDB ended with ${code}`);
    const { latencies, seconds } = JSON.parse(out) as { latencies: number[]; seconds: number };
    return measurementOf(latencies, seconds);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.kill();
    await this.#server.exited;
  }
}
