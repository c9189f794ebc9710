import { describe, expect, test } from "bun:test";
import { isSettled } from "../../test/harness/is-settled.ts";
import { InFlightKeys } from "./in-flight.ts";

const ALICE = "user:alice";
const isAlice = (actor: string) => actor === ALICE;

describe("keys in flight", () => {
  test("are known from begin to end, per tenant", () => {
    const keys = new InFlightKeys();
    const flight = keys.begin("a", "key", ALICE);
    expect(keys.has("a", "key", isAlice)).toBe(true);
    expect(keys.has("b", "key", isAlice)).toBe(false);
    expect(keys.has("a", "other", isAlice)).toBe(false);
    expect(keys.has("a", "key", (actor) => actor === "user:bob")).toBe(false);
    flight.end();
    flight.end();
    expect(keys.has("a", "key", isAlice)).toBe(false);
  });

  test("the first waits for nobody, each later one for all before it", async () => {
    const keys = new InFlightKeys();
    const [first, second, third] = [1, 2, 3].map(() => keys.begin("a", "key", ALICE));
    expect(first?.earlier()).toBeUndefined();
    const secondWaits = second?.earlier();
    const thirdWaits = third?.earlier();
    expect(await isSettled(secondWaits)).toBe(false);
    first?.end();
    expect(await isSettled(secondWaits)).toBe(true);
    expect(second?.earlier()).toBeUndefined();
    expect(await isSettled(thirdWaits)).toBe(true);
    expect(await isSettled(third?.earlier())).toBe(false);
    second?.end();
    expect(third?.earlier()).toBeUndefined();
    third?.end();
    expect(keys.has("a", "key", isAlice)).toBe(false);
  });

  test("one that ends out of turn leaves the others in theirs", async () => {
    const keys = new InFlightKeys();
    const [first, second, third] = [1, 2, 3].map(() => keys.begin("a", "key", ALICE));
    second?.end();
    expect(await isSettled(third?.earlier())).toBe(false);
    first?.end();
    expect(third?.earlier()).toBeUndefined();
    expect(keys.has("a", "key", isAlice)).toBe(true);
  });

  test("a key that has ended begins anew", () => {
    const keys = new InFlightKeys();
    keys.begin("a", "key", ALICE).end();
    const again = keys.begin("a", "key", ALICE);
    expect(again.earlier()).toBeUndefined();
    expect(keys.has("a", "key", isAlice)).toBe(true);
    again.end();
    expect(keys.has("a", "key", isAlice)).toBe(false);
  });
});
