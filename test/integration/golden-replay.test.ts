/**
 * Logs of earlier releases, record by record, and what they came to. Every later build must
 * come to the same outcomes, the same graph and the same access: views are made from old logs
 * for ever, each record by the rules that it names.
 */
import { expect, test } from "bun:test";
import type { EntError } from "../../src/base/errors.ts";
import { decodeRecord } from "../../src/record/codec.ts";
import { SYSTEM_TENANT_ID } from "../../src/record/transaction.ts";
import { RECORD_TYPE } from "../../src/wal/wal.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { bytesOf, type GoldenField, goldenFields, hexOf, readGolden } from "../harness/golden.ts";
import { GOLDEN_TABLES } from "../harness/golden-tables.ts";
import { grant, restoreNode, updateNode } from "../harness/operations.ts";
import { TestPartition } from "../harness/partition.ts";
import { viewRows } from "../harness/view-rows.ts";

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
  readonly system_outcome_digest?: string;
  /** Who may read everything; left out: everybody, since the log is from before there was access. */
  readonly administrator?: string;
  /** Rows by table, as `golden-tables.ts` selects them. */
  readonly tables?: Readonly<Record<string, readonly unknown[][]>>;
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

/** A partition that has applied the log, each record's key having come to what it came to then. */
async function replayed(golden: GoldenReplay): Promise<TestPartition> {
  const clock = new FakeClock(golden.records[0]?.log_time);
  const partition = await TestPartition.open({ clock });
  for (const { log_time: logTime, hex, key, outcome } of golden.records) {
    clock.advance(logTime - clock.now());
    const appended = await partition.partition.wal.append(RECORD_TYPE.record, bytesOf(hex));
    expect(appended.logTime).toBe(logTime);
    if (key === "") continue;
    const asker = partition.tenant(golden.tenant_id, decodeRecord(bytesOf(hex)).actor);
    const receipt = await asker.receipt(key, { strong: true });
    const found = receipt.state === "rejected" ? receipt.rejection.reason : receipt.state;
    expect([key, found]).toEqual([key, outcome]);
  }
  return partition;
}

function digestOf(partition: TestPartition, tenantId: string): string {
  const { outcomeDigest } = partition.partition.stores.open(tenantId)?.state() ?? {};
  return hexOf(outcomeDigest ?? new Uint8Array());
}

test.each(["0.1", "0.2", "0.2-events"])(
  "the log of release %s comes to what it came to then",
  async (release) => {
    const golden = readGolden<GoldenReplay>(`replay-${release}.json`);
    const { tenant_id: tenantId, administrator } = golden;
    await using partition = await replayed(golden);
    const tenant = partition.tenant(
      tenantId,
      administrator ?? "user:stranger",
      administrator === undefined ? [] : ["admin"],
    );
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
    expect(digestOf(partition, tenantId)).toBe(golden.outcome_digest);
    const { system_outcome_digest: system, tables = {} } = golden;
    if (system !== undefined) expect(digestOf(partition, SYSTEM_TENANT_ID)).toBe(system);
    for (const [name, rows] of Object.entries(tables)) {
      const found = viewRows(partition, tenantId, GOLDEN_TABLES[name] ?? "");
      expect<unknown>([name, found.map(plainRow)]).toEqual([name, rows]);
    }
  },
);

function plainRow(row: readonly unknown[]): unknown[] {
  return row.map((value) => (typeof value === "bigint" ? Number(value) : value));
}

test("what a log from before there was access has made stays open to everybody", async () => {
  const golden = readGolden<GoldenReplay>("replay-0.1.json");
  await using partition = await replayed(golden);
  const stranger = partition.tenant(golden.tenant_id, "user:stranger");
  for (const { id, version, deleted } of golden.nodes) {
    const step = deleted ? restoreNode(id) : updateNode(id);
    const outcome = await stranger.one(step).catch((error: EntError) => error.reason);
    // One cannot be restored, for its value has been taken since.
    if (outcome === "UNIQUE_CONFLICT") continue;
    expect(outcome).toMatchObject({ nodeId: id, version: version + 1 });
    await stranger.one(grant(id, "user:another", "admin"));
  }
});
