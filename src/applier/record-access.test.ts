/** What is asked of the view before a record's actor may do something: nothing of the owner. */
import { afterEach, describe, expect, test } from "bun:test";
import { ownId } from "../../test/harness/operations.ts";
import { temporaryDirectory } from "../../test/harness/temporary-directory.ts";
import { viewWithNodes } from "../../test/harness/view-file.ts";
import { must } from "../base/assert.ts";
import { GrantReader } from "../store/reader/grant-reader.ts";
import { MembershipReader } from "../store/reader/membership-reader.ts";
import type { TenantStore } from "../store/tenant-store.ts";
import { GrantWriter } from "../store/writer/grant-writer.ts";
import { MembershipWriter } from "../store/writer/membership-writer.ts";
import { type Author, holdsAt, RecordAccess, Standings } from "./record-access.ts";

const places: Disposable[] = [];
afterEach(() => {
  for (const place of places.splice(0)) place[Symbol.dispose]();
});

/** A view with a node of alice's, and how often it was asked about grants and about membership. */
function viewAsked() {
  const place = temporaryDirectory();
  places.push(place);
  const store: TenantStore = viewWithNodes(place.path, 1);
  places.push({ [Symbol.dispose]: () => store.close() });
  const db = store.writeConnection;
  const node = must(store.reads.nodes.find(ownId("nd", 0)), "it was just written");
  const asked = { grants: 0, membership: 0 };
  class CountedGrants extends GrantReader {
    override list(nodeId: string) {
      asked.grants += 1;
      return super.list(nodeId);
    }
  }
  class CountedMembership extends MembershipReader {
    override standingOf(actor: string, roles: readonly string[]) {
      asked.membership += 1;
      return super.standingOf(actor, roles);
    }
  }
  const standings = new Standings(new CountedMembership(db));
  const grants = new CountedGrants(db);
  const as = (actor: string, change: Partial<Author> = {}) =>
    new RecordAccess(grants, standings, { rulesVersion: 2, actor, roles: [], ...change }, 1_000);
  const grantWriter = new GrantWriter(db);
  return { node, asked, standings, as, grantWriter, membership: new MembershipWriter(db) };
}

describe("the owner", () => {
  test("may everything, and nothing is asked", () => {
    const { node, as, asked } = viewAsked();
    const access = as("user:alice");
    expect([access.mayRead(node), access.check(node, "admin")]).toEqual([true, "granted"]);
    expect(asked).toEqual({ grants: 0, membership: 0 });
  });
});

describe("somebody else", () => {
  test("is told apart: missing, denied, granted", () => {
    const { node, as, grantWriter } = viewAsked();
    expect(as("user:bob").check(node, "read")).toBe("missing");
    grantWriter.putGrant(node.id, { principal: "user:bob", permission: "write", expiresAt: 0 });
    const access = as("user:bob");
    expect(access.check(node, "read")).toBe("granted");
    expect(access.check(node, "write")).toBe("granted");
    expect(access.check(node, "delete")).toBe("denied");
  });

  test("is looked up once, until membership changes", () => {
    const { node, as, asked, standings, grantWriter, membership } = viewAsked();
    grantWriter.putGrant(node.id, { principal: "group:eng", permission: "read", expiresAt: 0 });
    for (let i = 0; i < 3; i++) expect(as("user:bob").mayRead(node)).toBe(false);
    expect(asked.membership).toBe(1);
    membership.putGroup("eng");
    membership.addToGroup("eng", "user:bob");
    standings.forget();
    for (let i = 0; i < 3; i++) expect(as("user:bob").mayRead(node)).toBe(true);
    expect(asked.membership).toBe(2);
  });

  test("with other roles of the credential is somebody else", () => {
    const { node, as } = viewAsked();
    expect(as("user:bob").mayRead(node)).toBe(false);
    expect(as("user:bob", { roles: ["admin"] }).mayRead(node)).toBe(true);
    expect(as("user:bob").has("members")).toBe(false);
  });
});

test("a grant holds before its time, and not from then on", () => {
  const { node, as, grantWriter } = viewAsked();
  const grant = { principal: "user:bob", permission: "read" } as const;
  for (const [expiresAt, holds] of [
    [1_001, true],
    [1_000, false],
    [0, true],
  ] as const) {
    grantWriter.putGrant(node.id, { ...grant, expiresAt });
    expect([as("user:bob").mayRead(node), holdsAt({ expiresAt }, 1_000)]).toEqual([holds, holds]);
  }
});

test("records of rules 1 are not asked about at all", () => {
  const { node, as, asked } = viewAsked();
  const access = as("user:bob", { rulesVersion: 1 });
  expect([access.checked, access.check(node, "admin"), access.has("members")]).toEqual([
    false,
    "granted",
    true,
  ]);
  expect(asked).toEqual({ grants: 0, membership: 0 });
});
