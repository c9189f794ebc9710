/**
 * Who may ask: the settings of credentials, a part of the table of all settings
 * (`options.ts`).
 */
import { option } from "./option.ts";
import { boolean, choice, integer, list, text } from "./parse.ts";

export const ACCESS_OPTIONS = {
  auth: option({
    group: "identity",
    parser: choice("auto", "trusted", "required"),
    default: "auto",
    sentence:
      "Whether a request must carry a credential, or the client is trusted to name tenant and actor; `auto` trusts on loopback or with `--insecure`, and requires everywhere else.",
  }),
  tenantRequestsPerSecond: option({
    group: "identity",
    parser: integer(0, 1_000_000),
    default: 0,
    sentence:
      "Requests that one tenant may make each second, unless it has limits of its own; 0: as many as it likes.",
  }),
  tenantRequestBurst: option({
    group: "identity",
    parser: integer(0, 1_000_000),
    default: 0,
    sentence: "Requests that one tenant may make at once; 0: as many as in a second.",
  }),
  credentialRequestsPerSecond: option({
    group: "identity",
    parser: integer(0, 1_000_000),
    default: 0,
    sentence: "Requests that one credential may make each second; 0: as many as it likes.",
  }),
  credentialRequestBurst: option({
    group: "identity",
    parser: integer(0, 1_000_000),
    default: 0,
    sentence: "Requests that one credential may make at once; 0: as many as in a second.",
  }),
  insecure: option({
    group: "identity",
    parser: boolean,
    default: false,
    sentence:
      "Lets a server off loopback trust whoever reaches it, and speak plain text; for closed networks only.",
  }),
  plaintext: option({
    group: "identity",
    parser: boolean,
    default: false,
    sentence:
      "Lets a server off loopback take credentials without TLS; for networks that encrypt by themselves.",
  }),
  adminKeyFile: option({
    group: "identity",
    parser: text,
    default: "",
    sentence:
      "File for the server's first key, which is made at the first start that asks for credentials; a key that is there already is taken. Without it the key is printed once, to stderr.",
  }),
  jwtIssuer: option({
    group: "identity",
    parser: text,
    default: "",
    sentence: "Issuer of the JSON Web Tokens that are taken as credentials; none by default.",
  }),
  jwtAudience: option({
    group: "identity",
    parser: text,
    default: "",
    sentence: "Audience that a token must be for.",
  }),
  jwtKeysUrl: option({
    group: "identity",
    parser: text,
    default: "",
    sentence:
      "Address of the issuer's public keys (a JSON Web Key Set), https or on loopback; read anew every five minutes.",
  }),
  jwtKeysFile: option({
    group: "identity",
    parser: text,
    default: "",
    sentence: "File of the issuer's public keys instead.",
  }),
  jwtKeys: option({
    group: "identity",
    parser: text,
    default: "",
    sentence: "The issuer's public keys themselves instead, as JSON.",
  }),
  jwtAlgorithms: option({
    group: "identity",
    parser: list,
    default: ["EdDSA", "ES256", "RS256"],
    sentence: "Algorithms that a token may be signed with: some of these three.",
  }),
  jwtTenantClaim: option({
    group: "identity",
    parser: text,
    default: "tenant_id",
    sentence: "Claim of a token that names the tenant it is good for.",
  }),
  jwtActorClaim: option({
    group: "identity",
    parser: text,
    default: "sub",
    sentence: "Claim that names the actor; `user:` is put in front of a name without it.",
  }),
  jwtRolesClaim: option({
    group: "identity",
    parser: text,
    default: "roles",
    sentence: "Claim that lists the roles that the actor holds besides those it has in the tenant.",
  }),
  jwtServer: option({
    group: "identity",
    parser: boolean,
    default: false,
    sentence:
      "Whether a token without a tenant is a credential of the server, good for everything.",
  }),
  autoCreateTenants: option({
    group: "identity",
    parser: boolean,
    default: true,
    sentence: "Whether a tenant's first write creates it, in trusted mode.",
  }),
} as const;
