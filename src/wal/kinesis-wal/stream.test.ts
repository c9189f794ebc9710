import { describe, expect, test } from "bun:test";
import { type StreamFacts, whatCannotWork, whatIsUnsafe } from "./stream.ts";

const shard = { ShardId: "shardId-0", SequenceNumberRange: { StartingSequenceNumber: "1" } };
const FACTS: StreamFacts = {
  shards: [{ ...shard, HashKeyRange: { StartingHashKey: "0", EndingHashKey: "9" } }],
  isOnDemand: false,
  retentionHours: 24,
  tags: new Set(),
};
const [only] = FACTS.shards;
const closed = {
  ...only,
  SequenceNumberRange: { StartingSequenceNumber: "1", EndingSequenceNumber: "2" },
};

describe("a stream for the log", () => {
  test("is taken as it is made, while an archive takes what it removes", () => {
    expect([...whatCannotWork(FACTS, 0), ...whatIsUnsafe(FACTS, true)]).toEqual([]);
  });

  test("is unsafe without one, since every stream removes records", () => {
    expect(whatIsUnsafe(FACTS, false).join()).toContain("24 hours");
  });

  test.each([
    ["shards that were split", { shards: [closed] }, 0, "split or merged"],
    ["shards of others", { shards: [{ ...only, ParentShardId: "x" }] }, 0, "split or merged"],
    ["capacity on demand", { isOnDemand: true }, 0, "by itself"],
    ["a partition that is not there", {}, 1, "none is number 1"],
  ] as const)("cannot have %s", (_name, facts, partition, why) => {
    const problems = whatCannotWork({ ...FACTS, ...facts } as StreamFacts, partition);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(why);
  });
});
