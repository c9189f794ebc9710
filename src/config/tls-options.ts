/** Which certificates the ports speak TLS with: a part of the table of all settings (`options.ts`). */
import { option } from "./option.ts";
import { text } from "./parse.ts";

export const TLS_OPTIONS = {
  tlsCertFile: option({
    group: "network",
    parser: text,
    default: "",
    sentence:
      "File of the server's certificate (PEM), followed by those between it and its authority; with it both ports speak TLS and nothing else. A file that changes is taken within half a minute.",
  }),
  tlsKeyFile: option({
    group: "network",
    parser: text,
    default: "",
    sentence: "File of the key of the server's certificate (PEM).",
  }),
  tlsClientCaFile: option({
    group: "network",
    parser: text,
    default: "",
    sentence:
      "File of authorities (PEM): only a client that shows a certificate of one of them may connect. It says nothing of who asks; that takes a credential.",
  }),
} as const;
