import { isLoopback } from "./loopback.ts";
import type { Config } from "./options.ts";
import type { Problem } from "./resolve.ts";

/** What tokens may be signed with; nothing weaker can be configured. */
const TOKEN_ALGORITHMS: readonly string[] = ["EdDSA", "ES256", "RS256"];

type AccessConfig = Pick<
  Config,
  | "auth"
  | "host"
  | "insecure"
  | "plaintext"
  | "tlsCertFile"
  | "tlsKeyFile"
  | "tlsClientCaFile"
  | "jwtIssuer"
  | "jwtAudience"
  | "jwtAlgorithms"
  | "jwtKeys"
  | "jwtKeysFile"
  | "jwtKeysUrl"
>;

/** Whether credentials are asked for where the operator did not say: wherever others than this machine may come. */
export function settledAuth(config: AccessConfig): "trusted" | "required" {
  if (config.auth !== "auto") return config.auth;
  return isLoopback(config.host) || config.insecure ? "trusted" : "required";
}

/** What is wrong in who may ask, given the settled mode. */
export function accessProblems(config: AccessConfig): Problem[] {
  return [...reachProblems(config), ...tlsProblems(config), ...tokenProblems(config)];
}

function reachProblems(config: AccessConfig): Problem[] {
  const { auth, host, insecure } = config;
  if (isLoopback(host) || insecure) return [];
  if (auth === "trusted") {
    return [
      {
        name: "ENTDB_HOST",
        message: `is ${host}, which others can reach, and nobody would be asked who they are: listen on 127.0.0.1, leave --auth out, or give --insecure when the network is closed`,
      },
    ];
  }
  if (config.plaintext || config.tlsCertFile !== "") return [];
  return [
    {
      name: "ENTDB_HOST",
      message: `is ${host}, which others can reach, and credentials would travel in plain text: name a certificate with --tls-cert-file and --tls-key-file, listen on 127.0.0.1 behind a proxy that speaks TLS, or give --plaintext when the network itself encrypts`,
    },
  ];
}

function tlsProblems(config: AccessConfig): Problem[] {
  const { tlsCertFile, tlsKeyFile, tlsClientCaFile } = config;
  const problems: Problem[] = [];
  if (tlsCertFile !== "" && tlsKeyFile === "") {
    problems.push({
      name: "ENTDB_TLS_KEY_FILE",
      message: "is not set, but ENTDB_TLS_CERT_FILE is",
    });
  }
  if (tlsCertFile === "" && (tlsKeyFile !== "" || tlsClientCaFile !== "")) {
    problems.push({
      name: "ENTDB_TLS_CERT_FILE",
      message: "is not set, so that the ports would speak plain text",
    });
  }
  if (tlsCertFile !== "" && config.plaintext) {
    problems.push({
      name: "ENTDB_PLAINTEXT",
      message: "is set, but so is ENTDB_TLS_CERT_FILE: leave one of them out",
    });
  }
  return problems;
}

function tokenProblems(config: AccessConfig): Problem[] {
  const { jwtIssuer, jwtAudience, jwtAlgorithms, jwtKeys, jwtKeysFile, jwtKeysUrl } = config;
  const sources = [jwtKeys, jwtKeysFile, jwtKeysUrl].filter((source) => source !== "");
  const problems: Problem[] = [];
  const unknown = jwtAlgorithms.filter((name) => !TOKEN_ALGORITHMS.includes(name));
  if (unknown.length > 0 || jwtAlgorithms.length === 0) {
    problems.push({
      name: "ENTDB_JWT_ALGORITHMS",
      message: `must be some of ${TOKEN_ALGORITHMS.join(", ")}, not ${unknown.join(", ") || "none"}`,
    });
  }
  if (jwtIssuer === "") {
    if (sources.length > 0 || jwtAudience !== "") {
      problems.push({
        name: "ENTDB_JWT_ISSUER",
        message: "is not set, so no token would be taken",
      });
    }
    return problems;
  }
  if (jwtAudience === "") {
    problems.push({
      name: "ENTDB_JWT_AUDIENCE",
      message: "is not set: a token that was made for somebody else would be taken",
    });
  }
  if (sources.length !== 1) {
    problems.push({
      name: "ENTDB_JWT_KEYS_URL",
      message: `and ENTDB_JWT_KEYS_FILE, ENTDB_JWT_KEYS: exactly one of the three must be set, not ${sources.length}`,
    });
  }
  if (jwtKeysUrl !== "" && !isKeysUrl(jwtKeysUrl)) {
    problems.push({
      name: "ENTDB_JWT_KEYS_URL",
      message: "must be an https address, or an http one on loopback, without a password in it",
    });
  }
  return problems;
}

function isKeysUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== "" || password !== "") return false;
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  return protocol === "https:" || (protocol === "http:" && isLoopback(host));
}
