import { configInvalid } from "./config-invalid.ts";
import { readNamedFile } from "./named-file.ts";

/** What a command checks a server's certificate with, and shows of its own: PEM texts. */
export interface ClientCertificates {
  /** Authorities instead of the machine's. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Files by the flag that named each. */
export interface CertificateFlags {
  readonly caFile?: string;
  readonly clientCertFile?: string;
  readonly clientKeyFile?: string;
}

/** Reads the files that are named. Throws CONFIG_INVALID for one that cannot be read, and for half a pair. */
export function clientCertificates(flags: CertificateFlags): ClientCertificates {
  const { caFile, clientCertFile, clientKeyFile } = flags;
  if ((clientCertFile === undefined) !== (clientKeyFile === undefined)) {
    const [name, other] =
      clientKeyFile === undefined
        ? ["--client-key-file", "--client-cert-file"]
        : ["--client-cert-file", "--client-key-file"];
    throw configInvalid([{ name, message: `is not given, but ${other} is` }]);
  }
  return {
    ...(caFile !== undefined && { ca: readNamedFile("--ca-file", caFile) }),
    ...(clientCertFile !== undefined && {
      cert: readNamedFile("--client-cert-file", clientCertFile),
    }),
    ...(clientKeyFile !== undefined && { key: readNamedFile("--client-key-file", clientKeyFile) }),
  };
}
