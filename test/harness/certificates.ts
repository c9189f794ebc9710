/** Certificates for tests, made anew by `openssl` in a directory of the test's. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A certificate for localhost that is its own authority, with its key. */
export interface TestCertificate {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

/** Makes `<name>.pem` and `<name>.key.pem`; the name is also the subject's. */
export function makeCertificate(directory: string, name: string): TestCertificate {
  const certFile = join(directory, `${name}.pem`);
  const keyFile = join(directory, `${name}.key.pem`);
  const made = Bun.spawnSync([
    ...["openssl", "req", "-x509", "-nodes", "-days", "2", "-subj", `/CN=${name}`],
    ...["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    ...["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
    ...["-keyout", keyFile, "-out", certFile],
  ]);
  if (!made.success) throw new Error(`openssl made no certificate:\n${made.stderr}`);
  const read = (path: string) => readFileSync(path, "utf8");
  return { certFile, keyFile, cert: read(certFile), key: read(keyFile) };
}
