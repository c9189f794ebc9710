/**
 * A log of the first release, record by record, and what it came to. Every later build must
 * come to the same outcomes and the same graph: views are made from old logs for ever.
 */
import { expect, test } from "bun:test";
import { RECORD_TYPE } from "../../src/wal/wal.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { bytesOf, type GoldenField, goldenFields, hexOf, readGolden } from "../harness/golden.ts";
import { TestPartition } from "../harness/partition.ts";

interface GoldenReplay {
  readonly tenant_id: string;
  readonly records: readonly {
    readonly log_time: number;
    readonly hex: string;
    /** The record's key came to this: "applied", or the reason of the rejection. */
    readonly outcome: string;
    readonly key: string;
  }[];
  readonly outcome_digest: string;
  readonly nodes: readonly {
    readonly id: string;
    readonly type_id: number;
    readonly owner_actor: string;
    readonly version: number;
    readonly created_at: number;
    readonly updated_at: number;
    readonly deleted: boolean;
    readonly fields: readonly GoldenField[];
  }[];
  readonly edges: readonly {
    readonly id: string;
    readonly edge_type_id: number;
    readonly from_id: string;
    readonly to_id: string;
    readonly created_at: number;
    readonly updated_at: number;
    readonly fields: readonly GoldenField[];
  }[];
  readonly fingerprint: string;
}

test("the log of release 0.1 comes to what it came to then", async () => {
  const golden = readGolden<GoldenReplay>("replay-0.1.json");
  const clock = new FakeClock(golden.records[0]?.log_time);
  await using partition = await TestPartition.open({ clock });
  const tenant = partition.tenant(golden.tenant_id);
  for (const { log_time: logTime, hex, key, outcome } of golden.records) {
    clock.advance(logTime - clock.now());
    const appended = await partition.partition.wal.append(RECORD_TYPE.record, bytesOf(hex));
    expect(appended.logTime).toBe(logTime);
    if (key === "") continue;
    const receipt = await tenant.receipt(key, { strong: true });
    const found = receipt.state === "rejected" ? receipt.rejection.reason : receipt.state;
    expect([key, found]).toEqual([key, outcome]);
  }
  const { outcomeDigest } = partition.partition.stores.open(golden.tenant_id)?.state() ?? {};
  expect(hexOf(outcomeDigest ?? new Uint8Array())).toBe(golden.outcome_digest);
  expect((await tenant.schema()).fingerprint).toBe(golden.fingerprint);

  const { nodes } = await tenant.nodes(
    golden.nodes.map((node) => node.id),
    { deleted: true },
  );
  expect(nodes).toEqual(
    golden.nodes.map((node) => ({
      id: node.id,
      typeId: node.type_id,
      ownerActor: node.owner_actor,
      version: node.version,
      createdAt: node.created_at,
      updatedAt: node.updated_at,
      deleted: node.deleted,
      fields: goldenFields(node.fields),
    })),
  );
  for (const typeId of new Set(golden.nodes.map((node) => node.type_id))) {
    const count = golden.nodes.filter((node) => node.type_id === typeId).length;
    expect(await tenant.count({ typeId, includeDeleted: true })).toBe(count);
  }
  const live = golden.nodes.filter((node) => !node.deleted);
  const edges = await Promise.all(live.map((node) => tenant.allEdges({ nodeId: node.id })));
  expect(edges.flat()).toEqual(
    golden.edges.map((edge) => ({
      id: edge.id,
      edgeTypeId: edge.edge_type_id,
      fromId: edge.from_id,
      toId: edge.to_id,
      createdAt: edge.created_at,
      updatedAt: edge.updated_at,
      fields: goldenFields(edge.fields),
    })),
  );
});
