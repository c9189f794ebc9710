import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";

/** Somebody who issues JSON Web Tokens, with keys of one kind. */
export class TokenIssuer {
  readonly name = "https://id.example";
  readonly audience = "entdb";
  readonly #algorithm: string;
  readonly #kid: string;
  readonly #privateKey: CryptoKey;
  /** The public keys, as JSON. */
  readonly keys: string;

  constructor(algorithm: string, kid: string, privateKey: CryptoKey, keys: string) {
    this.#algorithm = algorithm;
    this.#kid = kid;
    this.#privateKey = privateKey;
    this.keys = keys;
  }

  static async make(algorithm = "EdDSA", kid = "first"): Promise<TokenIssuer> {
    const { privateKey, publicKey } = await generateKeyPair(algorithm);
    const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid }] });
    return new TokenIssuer(algorithm, kid, privateKey, keys);
  }

  /** A token that holds from `nowMs` on for an hour, but for what is changed; undefined takes a claim out. */
  token(
    nowMs: number,
    claims: Readonly<Record<string, unknown>> = {},
    header: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    const now = Math.floor(nowMs / 1000);
    const all = {
      iss: this.name,
      aud: this.audience,
      exp: now + 3_600,
      sub: "ada",
      tenant_id: "acme",
      ...claims,
    };
    return new SignJWT(JSON.parse(JSON.stringify(all)) as JWTPayload)
      .setProtectedHeader({ alg: this.#algorithm, kid: this.#kid, ...header })
      .sign(this.#privateKey);
  }
}

/** A token that nobody signed: algorithm none, or with a shared secret that everybody knows. */
export async function forgedToken(
  issuer: TokenIssuer,
  nowMs: number,
  algorithm: "none" | "HS256",
): Promise<string> {
  const [, payload = ""] = (await issuer.token(nowMs)).split(".");
  const header = { alg: algorithm, kid: "first" };
  const head = Buffer.from(JSON.stringify(header)).toString("base64url");
  if (algorithm === "none") return `${head}.${payload}.`;
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as JWTPayload;
  // The classic confusion: the public key taken for a shared secret.
  return new SignJWT(claims).setProtectedHeader(header).sign(Buffer.from(issuer.keys));
}
