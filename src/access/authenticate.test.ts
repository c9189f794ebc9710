/** Who is let in, by key and by token, and that everybody else is told the same. */
import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../test/harness/fake-clock.ts";
import { refusal, refused } from "../../test/harness/refusal.ts";
import { SeededRandom } from "../../test/harness/seeded-random.ts";
import { forgedToken, TokenIssuer } from "../../test/harness/token-issuer.ts";
import type { EntError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { AuditEvent } from "../record/transaction.ts";
import { makeApiKey } from "./api-key.ts";
import { AuditLog } from "./audit-log.ts";
import { CredentialAuthenticator } from "./authenticate.ts";
import type { TokenClaims } from "./claims.ts";
import type { StoredKey } from "./key-lookup.ts";
import { unauthenticated } from "./refusals.ts";
import { openTokenKeys } from "./token-keys.ts";
import { openTokenVerifier } from "./token-verifier.ts";

const issuer = await TokenIssuer.make();
const DEFAULT_CLAIMS = { tenant: "tenant_id", actor: "sub", roles: "roles", mayBeOfServer: false };

async function setup(
  options: { claims?: Partial<TokenClaims>; keys?: string; algorithms?: readonly string[] } = {},
) {
  const clock = new FakeClock();
  const stored = new Map<string, StoredKey>();
  const looked = { up: 0 };
  const keys = {
    version: 0,
    find: (keyId: string) => {
      looked.up += 1;
      return stored.get(keyId);
    },
  };
  const failures: unknown[] = [];
  const failed = (cause: unknown) => failures.push(cause);
  const events: AuditEvent[] = [];
  const audit = new AuditLog({ clock, append: async (event) => void events.push(event), failed });
  const read = { keys: options.keys ?? issuer.keys, times: 0, broken: false };
  const tokenKeys = await openTokenKeys({
    read: async () => {
      read.times += 1;
      if (read.broken) throw new Error("nobody answers");
      return read.keys;
    },
    clock,
    failed,
  });
  const tokens = await openTokenVerifier({
    issuer: issuer.name,
    audience: issuer.audience,
    algorithms: options.algorithms ?? ["EdDSA", "ES256", "RS256"],
    claims: { ...DEFAULT_CLAIMS, ...options.claims },
    keys: tokenKeys,
    clock,
    failed,
  });
  const authenticator = new CredentialAuthenticator({ keys, tokens, audit, clock });
  const ask = (header: string | undefined) => authenticator.identify(header, () => "10.0.0.9");
  const key = makeApiKey(new SeededRandom(7));
  const store = (change: Partial<StoredKey> = {}) =>
    stored.set(key.keyId, { ...KEY, secretHash: key.secretHash, ...change });
  const asked = async (token: string) => await ask(`Bearer ${token}`);
  const token = (claims = {}, header = {}) => issuer.token(clock.now(), claims, header);
  return {
    clock,
    keys,
    stored,
    looked,
    failures,
    events,
    audit,
    read,
    ask,
    asked,
    token,
    key,
    store,
  };
}

const KEY: Omit<StoredKey, "secretHash"> = {
  tenantId: "acme",
  actor: "user:app",
  mayActAs: [],
  roles: ["editor"],
  expiresAt: Number.POSITIVE_INFINITY,
};

/** What everybody is told who is not let in. */
const CONSTANT = pick(unauthenticated());

function pick({ message, hint, details, code, reason }: EntError) {
  return { message, hint, details, code, reason };
}

describe("a key", () => {
  test("is who its record says", async () => {
    const { ask, key, store } = await setup();
    store();
    const identity = { ...KEY, credential: `key:${key.keyId}` };
    expect(ask(`Bearer ${key.text}`)).toEqual(identity);
    expect(ask(`bearer  ${key.text}`)).toEqual(identity);
  });

  test("is looked up once, until something changes among the keys: then a revocation holds at once", async () => {
    const { ask, key, store, keys, stored, looked } = await setup();
    store();
    for (let i = 0; i < 10; i++) await ask(`Bearer ${key.text}`);
    expect(looked.up).toBe(1);
    stored.delete(key.keyId);
    keys.version += 1;
    expect(pick(refusal(() => ask(`Bearer ${key.text}`)))).toEqual(CONSTANT);
  });

  test("holds until it expires, also when it is known", async () => {
    const { ask, key, store, clock } = await setup();
    store({ expiresAt: clock.now() + 1_000 });
    await ask(`Bearer ${key.text}`);
    clock.advance(999);
    await ask(`Bearer ${key.text}`);
    clock.advance(1);
    expect(pick(refusal(() => ask(`Bearer ${key.text}`)))).toEqual(CONSTANT);
  });

  test("of a tenant does not speak for a part of the server", async () => {
    const { ask, key, store } = await setup();
    store({ actor: "system:admin" });
    expect(pick(refusal(() => ask(`Bearer ${key.text}`)))).toEqual(CONSTANT);
    store({ actor: "system:admin", tenantId: "" });
    expect(ask(`Bearer ${key.text}`)).toMatchObject({ tenantId: "", actor: "system:admin" });
  });

  test("that does not hold is told one constant thing, whatever is wrong with it", async () => {
    const { ask, key, store } = await setup();
    store();
    const other = makeApiKey(new SeededRandom(8)).text;
    const wrongSecret = key.text.slice(0, 31) + other.slice(31);
    for (const header of [
      undefined,
      "",
      "Bearer",
      "Bearer ",
      key.text,
      `Basic ${key.text}`,
      `Bearer ${key.text}, Bearer ${key.text}`,
      `Bearer ${key.text.toUpperCase()}`,
      `Bearer ${other}`,
      `Bearer ${wrongSecret}`,
      `Bearer ${"x".repeat(limits.credentialChars)}`,
      "Bearer a.b.c.d",
    ]) {
      expect(pick(await refused(Promise.resolve().then(() => ask(header))))).toEqual(CONSTANT);
    }
  });

  test("that does not hold is counted for the audit; sending nothing is not", async () => {
    const { ask, audit, events } = await setup();
    refusal(() => ask(undefined));
    for (let i = 0; i < 3; i++) refusal(() => ask("Bearer x"));
    await audit.flush();
    expect(events).toMatchObject([{ action: "authentication_failed", count: 3 }]);
    expect(events[0]?.details.get("source")).toBe("10.0.0.9");
  });
});

describe("credentials", () => {
  const padded = (text: string, chars: number) => `Bearer${text.padStart(chars - "Bearer".length)}`;

  test("as long as one may be is looked at; one character more is not", async () => {
    const { ask, key, store, looked } = await setup();
    store();
    expect(ask(padded(key.text, limits.credentialChars))).toMatchObject({ actor: "user:app" });
    const longer = padded(key.text, limits.credentialChars + 1);
    expect(pick(refusal(() => ask(longer)))).toEqual(CONSTANT);
    expect(looked.up).toBe(1);
  });

  test("are remembered so many, the latest used, and looked up again beyond", async () => {
    const { ask, key, store, looked } = await setup();
    store();
    // What is remembered is what was sent: two spellings of one key are two credentials.
    const spelling = (i: number) =>
      `${i % 2 === 0 ? "Bearer" : "bearer"} ${" ".repeat(i / 2)}${key.text}`;
    const most = limits.rememberedCredentials;
    for (let i = 0; i < most; i++) await ask(spelling(i));
    await ask(spelling(0));
    expect(looked.up).toBe(most);
    await ask(spelling(most));
    await ask(spelling(0));
    expect(looked.up).toBe(most + 1);
    await ask(spelling(1));
    expect(looked.up).toBe(most + 2);
  });
});

describe("a token", () => {
  test("is who its claims say", async () => {
    const { asked, token, clock } = await setup();
    const jti = "t-1";
    const text = await token({ jti, roles: ["editor"], may_act_as: ["user:bob"] });
    expect(await asked(text)).toEqual({
      tenantId: "acme",
      actor: "user:ada",
      mayActAs: ["user:bob"],
      roles: ["editor"],
      credential: "jwt:t-1",
      expiresAt: (Math.floor(clock.now() / 1000) + 3_600 + 60) * 1_000,
    });
  });

  test("is verified once, then known at once until it expires", async () => {
    const { ask, asked, token, clock } = await setup();
    const text = await token();
    const identity = await asked(text);
    expect(ask(`Bearer ${text}`)).toBe(identity);
    clock.advance(3_661_000);
    expect(pick(await refused(Promise.resolve(ask(`Bearer ${text}`))))).toEqual(CONSTANT);
  });

  test("that many calls bring at once is verified once", async () => {
    const { asked, token } = await setup();
    const text = await token();
    const identities = await Promise.all(Array.from({ length: 50 }, () => asked(text)));
    // One verification makes one identity.
    expect(new Set(identities).size).toBe(1);
  });

  test.each(["EdDSA", "ES256", "RS256"])("may be signed with %s", async (algorithm) => {
    const other = await TokenIssuer.make(algorithm);
    const { asked, clock } = await setup({ keys: other.keys });
    expect(await asked(await other.token(clock.now()))).toMatchObject({ actor: "user:ada" });
    const without = await setup({
      keys: other.keys,
      algorithms: ["EdDSA", "ES256", "RS256"].filter((name) => name !== algorithm),
    });
    await refused(without.asked(await other.token(clock.now())));
  });

  test("holds a minute longer and sooner than it says, for clocks that do not agree", async () => {
    const { asked, token, clock } = await setup();
    const now = Math.floor(clock.now() / 1_000);
    await asked(await token({ exp: now - 59 }));
    await asked(await token({ nbf: now + 59 }));
    await refused(asked(await token({ exp: now - 61 })));
    await refused(asked(await token({ nbf: now + 61 })));
  });

  test.each([
    ["of another issuer", { iss: "https://evil.example" }],
    ["of no issuer", { iss: undefined }],
    ["for another audience", { aud: "other" }],
    ["for no audience", { aud: undefined }],
    ["that never expires", { exp: undefined }],
    ["of no tenant", { tenant_id: undefined }],
    ["of the catalog", { tenant_id: "_system" }],
    ["of an empty tenant", { tenant_id: "" }],
    ["of a list of tenants", { tenant_id: ["acme"] }],
    ["of nobody", { sub: undefined }],
    ["of a part of the server", { sub: "system:admin" }],
    ["of a group", { sub: "group:eng" }],
    ["of a role", { sub: "role:admin" }],
    ["of everybody", { sub: "tenant:*" }],
    ["of an actor with blanks", { sub: "a b" }],
    ["with roles that are no list", { roles: "admin" }],
    ["with roles that are no names", { roles: [1] }],
    ["that may act for a part of the server", { may_act_as: ["system:admin"] }],
    ["that may act for a role", { may_act_as: ["role:admin"] }],
  ])("%s is refused", async (_, claims) => {
    const { asked, token } = await setup();
    expect(pick(await refused(asked(await token(claims))))).toEqual(CONSTANT);
  });

  test("that nobody signed, or anybody could have, is refused", async () => {
    const { asked, token, clock } = await setup();
    const text = await token();
    const [head, body, signature = ""] = text.split(".");
    const claims = Buffer.from(JSON.stringify({ ...payloadOf(text), tenant_id: "other" }));
    const flipped = (signature.startsWith("A") ? "B" : "A") + signature.slice(1);
    for (const forged of [
      await forgedToken(issuer, clock.now(), "none"),
      await forgedToken(issuer, clock.now(), "HS256"),
      `${head}.${body}.`,
      `${head}.${claims.toString("base64url")}.${signature}`,
      `${head}.${body}.${flipped}`,
      await (await TokenIssuer.make()).token(clock.now()),
    ]) {
      expect(pick(await refused(asked(forged)))).toEqual(CONSTANT);
    }
  });

  test("is a credential of the server only where that is allowed", async () => {
    const { asked, token } = await setup({ claims: { mayBeOfServer: true } });
    expect(await asked(await token({ tenant_id: undefined, sub: "system:ci" }))).toMatchObject({
      tenantId: "",
      actor: "system:ci",
    });
    await refused(asked(await token({ sub: "system:ci" })));
  });

  test("names its claims as the operator says", async () => {
    const claims = { tenant: "org", actor: "email", roles: "https://id/roles" };
    const { asked, token } = await setup({ claims });
    const text = await token({ org: "other", email: "a@b", "https://id/roles": ["x"] });
    expect(await asked(text)).toMatchObject({ tenantId: "other", actor: "user:a@b", roles: ["x"] });
  });
});

describe("the keys of tokens", () => {
  test("are fetched for a key that is not known, at most every half minute, and from nowhere else", async () => {
    const { asked, token, read, clock } = await setup();
    await asked(await token());
    expect(read.times).toBe(1);
    const elsewhere = { kid: "other", jku: "https://evil.example", x5u: "https://evil.example" };
    for (let i = 0; i < 5; i++) await refused(asked(await token({ n: i }, elsewhere)));
    expect(read.times).toBe(1);
    clock.advance(30_000);
    for (let i = 0; i < 5; i++) await refused(asked(await token({ n: i }, elsewhere)));
    expect(read.times).toBe(2);
    const next = await TokenIssuer.make("EdDSA", "next");
    read.keys = next.keys;
    clock.advance(30_000);
    expect(await asked(await next.token(clock.now()))).toMatchObject({ actor: "user:ada" });
    expect(read.times).toBe(3);
  });

  test("go on when their address does not answer, for an hour and no longer", async () => {
    const { asked, token, read, clock, failures } = await setup();
    await asked(await token());
    read.broken = true;
    clock.advance(59 * 60_000);
    await asked(await token({ n: 1 }));
    expect(failures).toHaveLength(1);
    clock.advance(2 * 60_000);
    expect(pick(await refused(asked(await token({ n: 2 }))))).toEqual(CONSTANT);
    read.broken = false;
    clock.advance(30_000);
    await asked(await token({ n: 3 }));
  });

  test.each([
    ["no JSON", "keys"],
    ["no set", "[]"],
    ["a private key", '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"a","d":"b"}]}'],
    ["a shared key", '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}'],
  ])("that are %s are not used", async (_, keys) => {
    const { asked, token, failures } = await setup({ keys });
    await refused(asked(await token()));
    expect(failures).toMatchObject([{ reason: "CONFIG_INVALID" }]);
  });
});

function payloadOf(token: string): object {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
}
