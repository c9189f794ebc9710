import { describe, expect, test } from "bun:test";
import { type TopicFacts, whatCannotWork, whatIsUnsafe } from "./topic.ts";

const SETTINGS = {
  "cleanup.policy": "delete",
  "retention.ms": "-1",
  "retention.bytes": "-1",
  "max.message.bytes": "8388608",
  "min.insync.replicas": "2",
  "unclean.leader.election.enable": "false",
};
const SAFE: TopicFacts = { brokers: 3, partitions: 1, replicas: 3, settings: SETTINGS };
const withSetting = (name: string, value: string): TopicFacts => ({
  ...SAFE,
  settings: { ...SETTINGS, [name]: value },
});

describe("a topic for the log", () => {
  test("is taken as it is made, on three brokers and on one", () => {
    const single = { ...withSetting("min.insync.replicas", "1"), brokers: 1, replicas: 1 };
    for (const facts of [SAFE, single]) {
      expect([...whatCannotWork(facts, 0), ...whatIsUnsafe(facts, false)]).toEqual([]);
    }
  });

  test("may remove records that are archived", () => {
    const removing = withSetting("retention.ms", "604800000");
    expect(whatIsUnsafe(removing, true)).toEqual([]);
    expect(whatIsUnsafe(removing, false)).toHaveLength(1);
  });

  test.each([
    ["compaction", withSetting("cleanup.policy", "compact"), 0, "compaction removes"],
    ["both policies", withSetting("cleanup.policy", "compact,delete"), 0, "compaction removes"],
    ["small messages", withSetting("max.message.bytes", "1048588"), 0, "the largest record needs"],
    ["a partition that is not there", SAFE, 1, "none is number 1"],
  ])("cannot have %s", (_name, facts, partition, why) => {
    const problems = whatCannotWork(facts, partition);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(why);
  });

  test.each([
    ["records that expire", withSetting("retention.ms", "604800000"), "removes records"],
    ["a bounded size", withSetting("retention.bytes", "1000000"), "removes records"],
    ["leaders that lag", withSetting("unclean.leader.election.enable", "true"), "is gone"],
    ["answers of one broker", withSetting("min.insync.replicas", "1"), "only one broker has"],
    ["one replica among three brokers", { ...SAFE, replicas: 1 }, "disk the log is gone"],
  ])("is unsafe with %s", (_name, facts, why) => {
    const problems = whatIsUnsafe(facts, false);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(why);
    expect(whatCannotWork(facts, 0)).toEqual([]);
  });
});
