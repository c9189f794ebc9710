/**
 * The certificates that the ports speak TLS with, read from the operator's files and read
 * again every half minute, so that a renewed certificate needs no restart. Files that have
 * changed but cannot be used (half written, key of another certificate) leave what was
 * there in force, and are said in the log once.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import type { Clock } from "../base/clock.ts";
import { EntError, messageOf } from "../base/errors.ts";
import { readNamedFile } from "../config/named-file.ts";
import type { Config } from "../config/options.ts";
import type { TlsMaterial, TlsSource } from "../face/tls.ts";
import type { Logger } from "../telemetry/logger.ts";

type CertificateFiles = Pick<Config, "tlsCertFile" | "tlsKeyFile" | "tlsClientCaFile">;

const REREAD_MS = 30_000;

export class Certificates implements TlsSource {
  readonly #files: CertificateFiles;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #listeners: ((material: TlsMaterial) => void)[] = [];
  #current: TlsMaterial;
  /** What the files held when they were last looked through: the same again needs no second look. */
  #tried: TlsMaterial;
  #saidUnusable = "";
  #cancel: () => void = () => undefined;

  /** Reads the files for the first time. Throws CONFIG_INVALID that names the file and what is wrong with it. */
  constructor(files: CertificateFiles, clock: Clock, log: Logger) {
    this.#files = files;
    this.#clock = clock;
    this.#log = log;
    this.#current = readMaterial(files);
    checkMaterial(this.#current);
    this.#tried = this.#current;
    this.#watch();
  }

  get current(): TlsMaterial {
    return this.#current;
  }

  onRenewed(listener: (material: TlsMaterial) => void): void {
    this.#listeners.push(listener);
  }

  /** Looks at the files no more. */
  stop(): void {
    this.#cancel();
  }

  #watch(): void {
    this.#cancel = this.#clock.timer(REREAD_MS, () => {
      this.#watch();
      this.#reread();
    });
  }

  #reread(): void {
    try {
      const material = readMaterial(this.#files);
      this.#saidUnusable = "";
      if (isSame(material, this.#tried)) return;
      this.#tried = material;
      checkMaterial(material);
      if (isSame(material, this.#current)) return;
      this.#current = material;
      for (const listener of this.#listeners) listener(material);
      const { validTo } = new X509Certificate(material.certificates);
      this.#log.info("the certificate was read anew", { valid_to: validTo });
    } catch (cause) {
      const why = messageOf(cause);
      if (why !== this.#saidUnusable) {
        this.#log.error("the certificate cannot be read anew; the one before stays", { cause });
      }
      this.#saidUnusable = why;
    }
  }
}

function readMaterial({ tlsCertFile, tlsKeyFile, tlsClientCaFile }: CertificateFiles): TlsMaterial {
  return {
    certificates: readNamedFile("ENTDB_TLS_CERT_FILE", tlsCertFile),
    key: readNamedFile("ENTDB_TLS_KEY_FILE", tlsKeyFile),
    clientAuthorities:
      tlsClientCaFile === ""
        ? undefined
        : readNamedFile("ENTDB_TLS_CLIENT_CA_FILE", tlsClientCaFile),
  };
}

/** Throws CONFIG_INVALID that names the option whose file cannot be used. */
function checkMaterial({ certificates, key, clientAuthorities }: TlsMaterial): void {
  const certificate = checked("ENTDB_TLS_CERT_FILE", () => new X509Certificate(certificates));
  const privateKey = checked("ENTDB_TLS_KEY_FILE", () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw unusable("ENTDB_TLS_KEY_FILE", "holds the key of another certificate");
  }
  if (clientAuthorities !== undefined) {
    checked("ENTDB_TLS_CLIENT_CA_FILE", () => new X509Certificate(clientAuthorities));
  }
  checked("ENTDB_TLS_CERT_FILE", () => createSecureContext({ cert: certificates, key }));
}

/** What the library says of bytes that it cannot read tells nobody anything. */
function checked<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw unusable(
      name,
      "names a file that holds no PEM of the kind that is meant, or one with a passphrase",
      cause,
    );
  }
}

function isSame(a: TlsMaterial, b: TlsMaterial): boolean {
  return (
    a.certificates === b.certificates &&
    a.key === b.key &&
    a.clientAuthorities === b.clientAuthorities
  );
}

function unusable(name: string, what: string, cause?: unknown): EntError {
  return new EntError({
    code: "failed_precondition",
    reason: "CONFIG_INVALID",
    message: `${name} ${what}.`,
    hint: "Name a certificate and its key, both as PEM without a passphrase.",
    cause,
  });
}
