import { expect, test } from "bun:test";
import { FakeClock } from "../../test/harness/fake-clock.ts";
import { refusal, refused } from "../../test/harness/refusal.ts";
import { limits } from "../base/limits.ts";
import { DistantAuthenticator } from "./distant-authenticator.ts";
import { type Identity, TRUSTED } from "./identity.ts";
import { unauthenticated } from "./refusals.ts";

const HEADER = "Bearer edb_key_secret";
const peer = () => "10.0.0.1";

function setup(judge: (authorization: string) => Promise<Identity>) {
  const clock = new FakeClock();
  const asked: string[] = [];
  let keysVersion = 1;
  const authenticator = new DistantAuthenticator({
    identify: (authorization, from) => {
      asked.push(`${authorization.length} ${from}`);
      return judge(authorization);
    },
    actedFor: () => undefined,
    keysVersion: () => keysVersion,
    clock,
  });
  const identify = async (header: string | undefined = HEADER) =>
    await authenticator.identify(header, peer);
  return { authenticator, clock, asked, identify, keysChanged: () => keysVersion++ };
}

test("who was identified is remembered until the keys change, or the credential ends", async () => {
  const expiresAt = new FakeClock().now() + 1_000;
  const at = setup(async () => ({ ...TRUSTED, credential: "key:1", expiresAt }));
  await at.identify();
  expect((await at.identify()).credential).toBe("key:1");
  expect(at.asked).toEqual([`${HEADER.length} 10.0.0.1`]);
  at.keysChanged();
  await at.identify();
  expect(at.asked).toHaveLength(2);
  at.clock.advance(1_000);
  await at.identify();
  expect(at.asked).toHaveLength(3);
});

test("a key that changed while it was judged is judged again", async () => {
  const judged = Promise.withResolvers<Identity>();
  const at = setup(() => judged.promise);
  const first = at.identify();
  at.keysChanged();
  judged.resolve({ ...TRUSTED, credential: "key:1" });
  await first;
  await at.identify();
  expect(at.asked).toHaveLength(2);
});

test("every refusal is told to whoever keeps the audit, with where it came from", async () => {
  const at = setup(() => Promise.reject(unauthenticated()));
  const all = await Promise.all([refused(at.identify()), refused(at.identify())]);
  expect(all.map(({ reason }) => reason)).toEqual(["UNAUTHENTICATED", "UNAUTHENTICATED"]);
  expect(at.asked).toHaveLength(2);
});

test("no credential is no failure, and one that is too long crosses in part", async () => {
  const at = setup(() => Promise.reject(unauthenticated()));
  expect(refusal(() => at.authenticator.identify(undefined, peer)).reason).toBe("UNAUTHENTICATED");
  expect(at.asked).toEqual([]);
  await refused(at.identify("x".repeat(limits.credentialChars * 4)));
  expect(at.asked).toEqual([`${limits.credentialChars + 1} 10.0.0.1`]);
});
