/**
 * Installs what the fault tests and the benchmarks need beyond this repository, on Debian and
 * its kin: strace (failing syncs), file systems to pull the plug of, PostgreSQL as the peer in
 * benchmarks, h2load to load a server with, openssl for certificates, nginx and HAProxy to stand
 * behind, Chromium for clients in a browser; grpcurl, built with Go; UmaDB, the event store that
 * ours is measured beside. Does nothing when all of it is there. Needs root or a sudo that does
 * not ask.
 */
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { goProgram } from "../test/services/machine.ts";
import { installUmadb, umadbMissing } from "../test/services/umadb.ts";
import { output, succeeds } from "./run.ts";

/** For each need the packages that meet it, the wanted one first. */
const NEEDS = [
  ["strace"],
  ["xfsprogs"],
  ["e2fsprogs"],
  ["postgresql-15", "postgresql"],
  ["nghttp2-client"],
  ["openssl"],
  ["nginx"],
  ["haproxy"],
  ["chromium"],
] as const;

const GRPCURL = "github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3";

/** What Debian's packages ask before they start a service; 101 means no. */
const POLICY = "/usr/sbin/policy-rc.d";

function isInstalled(name: string): boolean {
  return output("dpkg", "-s", name)?.includes("Status: install ok installed") ?? false;
}

function exists(name: string): boolean {
  return /Candidate: (?!\(none\))/.test(output("apt-cache", "policy", name) ?? "");
}

function fail(sentence: string): never {
  console.error(sentence);
  process.exit(1);
}

await installPackages(NEEDS.filter((names) => !names.some(isInstalled)));
await installGrpcurl();
await installPeer();

async function installPackages(missing: readonly (typeof NEEDS)[number][]): Promise<void> {
  if (missing.length === 0) return;
  if (Bun.which("apt-get") === null) {
    fail(
      `Install these by hand, this system has no apt-get: ${missing.map((n) => n[0]).join(", ")}`,
    );
  }
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && Bun.which("sudo") === null) fail("Installing test tools needs root.");
  const sudo = isRoot ? [] : ["sudo", "-n", "--preserve-env=DEBIAN_FRONTEND"];
  const apt = [...sudo, "apt-get", "-y", "-qq"];
  const quiet = { DEBIAN_FRONTEND: "noninteractive" };

  if (!(await succeeds([...apt, "update"], quiet))) fail("apt-get update failed.");
  // The tests start servers of their own; the packages must not start any for the machine.
  const asksNobody = isRoot && !existsSync(POLICY);
  if (asksNobody) writeFileSync(POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  const clusters = "/etc/postgresql-common/createcluster.conf";
  if (isRoot && !existsSync(clusters)) {
    mkdirSync("/etc/postgresql-common", { recursive: true });
    writeFileSync(clusters, "create_main_cluster = false\n");
  }
  const wanted = missing.map((names) => names.find(exists) ?? names[0]);
  const installed = await succeeds(
    [...apt, "install", "--no-install-recommends", ...wanted],
    quiet,
  );
  if (asksNobody) rmSync(POLICY);
  if (!installed) {
    fail(`apt-get could not install ${wanted.join(", ")}.`);
  }
}

/** The stock gRPC client that the README shows; built from source. */
async function installGrpcurl(): Promise<void> {
  if (Bun.which("grpcurl") !== null) return;
  try {
    symlinkSync(await goProgram(GRPCURL), "/usr/local/bin/grpcurl");
  } catch (error) {
    console.error(`grpcurl is not here and cannot be built: its tests will be skipped. ${error}`);
  }
}

/** The store of events beside which ours is measured. */
async function installPeer(): Promise<void> {
  if (umadbMissing() === undefined) return;
  try {
    await installUmadb();
  } catch (error) {
    console.error(`UmaDB cannot be had: the benchmark of events will leave it out. ${error}`);
  }
}
