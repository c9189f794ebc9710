import { expect, test } from "bun:test";
import fc from "fast-check";
import { outlivingDates } from "../../test/harness/quick-collection.ts";
import { type Enrolled, NOWHERE, Roster } from "./roster.ts";

class Member implements Enrolled {
  rosterPlace = NOWHERE;
}

test("holds whoever joined and has not left, whatever the order", () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 7 })));
  fc.assert(
    fc.property(steps, (taken) => {
      const members = Array.from({ length: 8 }, () => new Member());
      const roster = new Roster<Member>();
      const model = new Set<Member>();
      for (const [joins, index] of taken) {
        const member = members[index] as Member;
        if (joins) {
          roster.add(member);
          model.add(member);
        } else {
          expect(roster.delete(member)).toBe(model.delete(member));
        }
        expect(roster.size).toBe(model.size);
        expect(new Set(roster)).toEqual(model);
      }
    }),
  );
});

test("lets all leave while it is walked", () => {
  const roster = new Roster<Member>();
  const members = [new Member(), new Member(), new Member()];
  for (const member of members) roster.add(member);
  const walked: Member[] = [];
  for (const member of roster) {
    walked.push(member);
    roster.delete(member);
  }
  expect(walked).toEqual(members);
  expect(roster.size).toBe(0);
});

test("whoever has left does not outlive a quick collection", () => {
  const roster = new Roster<Enrolled & { readonly mark: Date }>();
  const churn = (rounds: number) => {
    for (let round = 0; round < rounds; round++) {
      const members = Array.from({ length: 8 }, () => ({
        rosterPlace: NOWHERE,
        mark: new Date(),
      }));
      for (const member of members) roster.add(member);
      for (const member of members) roster.delete(member);
    }
  };
  expect(outlivingDates(churn)).toBeLessThan(100);
});
