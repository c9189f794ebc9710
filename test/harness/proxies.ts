/**
 * nginx and HAProxy in front of a server, with the configuration of `deploy/`: only addresses
 * and the names of files are put in their place, and each must be there to be replaced. A proxy
 * is a process of the test's own and ends with its scope.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/base/clock.ts";
import { freePort } from "../services/machine.ts";
import type { TestCertificate } from "./certificates.ts";

const DEPLOY = join(import.meta.dir, "..", "..", "deploy");
const LOOK_MS = 20;
const READY_MS = 20_000;

export const PROXIES = ["nginx", "haproxy"] as const;
export type ProxyKind = (typeof PROXIES)[number];

export interface ProxyOptions {
  /** An empty directory of the test. */
  readonly directory: string;
  /** Of the server behind it. */
  readonly grpcUrl: string;
  readonly certificate: TestCertificate;
}

export interface RunningProxy extends AsyncDisposable {
  /** "https://localhost:port" */
  readonly url: string;
  /** Ends it with every connection through it, and starts it again at the same address. */
  restart(): Promise<void>;
}

/** Starts it and waits until the server answers through it. Throws with its log when that does not come. */
export async function startProxy(kind: ProxyKind, options: ProxyOptions): Promise<RunningProxy> {
  const port = await freePort();
  const url = `https://localhost:${port}`;
  const command = kind === "nginx" ? nginx(port, options) : haproxy(port, options);
  const log = join(options.directory, `${kind}.log`);
  const start = async () => {
    const child = Bun.spawn(command, { stdio: ["ignore", Bun.file(log), Bun.file(log)] });
    await answering(url, options.certificate, child, log);
    return child;
  };
  let child = await start();
  const stop = async () => {
    // Not gracefully: nginx's workers end with it, and so does whatever goes through them.
    child.kill("SIGTERM");
    await child.exited;
  };
  return {
    url,
    restart: async () => {
      await stop();
      child = await start();
    },
    [Symbol.asyncDispose]: stop,
  };
}

function nginx(port: number, { directory, grpcUrl, certificate }: ProxyOptions): string[] {
  const site = replaced("nginx/entdb.conf", {
    "listen 443 ": `listen 127.0.0.1:${port} `,
    "127.0.0.1:50051": new URL(grpcUrl).host,
    "entdb.example": "localhost",
    "/etc/entdb/server.pem": certificate.certFile,
    "/etc/entdb/server.key": certificate.keyFile,
  });
  const spool = join(directory, "spool");
  mkdirSync(spool);
  const spools = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${join(spool, name)};`,
  );
  const main = `
    daemon off;
    ${process.getuid?.() === 0 ? "user root;" : ""}
    worker_processes 2;
    pid ${join(directory, "nginx.pid")};
    error_log stderr warn;
    events { worker_connections 4096; }
    http { access_log off; ${spools.join(" ")} ${site} }`;
  const file = join(directory, "nginx.conf");
  writeFileSync(file, main);
  return ["nginx", "-p", directory, "-e", "stderr", "-c", file];
}

function haproxy(port: number, { directory, grpcUrl, certificate }: ProxyOptions): string[] {
  const both = join(directory, "entdb.pem");
  writeFileSync(both, certificate.cert + certificate.key);
  const config = replaced("haproxy/haproxy.cfg", {
    "bind :443 ": `bind 127.0.0.1:${port} `,
    "127.0.0.1:50051": new URL(grpcUrl).host,
    "/etc/entdb/entdb.pem": both,
  });
  const file = join(directory, "haproxy.cfg");
  writeFileSync(file, config);
  return ["haproxy", "-db", "-f", file];
}

function replaced(name: string, places: Readonly<Record<string, string>>): string {
  let text = readFileSync(join(DEPLOY, name), "utf8");
  for (const [place, value] of Object.entries(places)) {
    if (!text.includes(place)) throw new Error(`deploy/${name} does not say ${place}`);
    text = text.replaceAll(place, value);
  }
  return text;
}

async function answering(
  url: string,
  { cert: ca }: TestCertificate,
  child: Bun.Subprocess,
  log: string,
): Promise<void> {
  const untilMs = systemClock.monotonic() + READY_MS;
  while (systemClock.monotonic() < untilMs && child.exitCode === null) {
    const status = await fetch(`${url}/livez`, { tls: { ca } }).then(
      (response) => response.status,
      () => 0,
    );
    if (status === 200) return;
    await systemClock.sleep(LOOK_MS);
  }
  child.kill("SIGTERM");
  throw new Error(`nobody answers at ${url}:\n${readFileSync(log, "utf8")}`);
}
