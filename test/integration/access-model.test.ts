/**
 * Random histories of people who share nodes, with groups and roles and time going by, against
 * a plain model in memory: every answer is the model's, and after each of them everybody may
 * read exactly what the model says; a rebuild from the log comes to the same rows.
 */
import { expect, test } from "bun:test";
import fc from "fast-check";
import type { RequestedOperation } from "../../src/engine/engine.ts";
import { NO_MAIL } from "../../src/record/transaction.ts";
import { PERMISSIONS } from "../../src/schema/types.ts";
import {
  AccessModel,
  type AccessStep,
  type MemberStep,
  type ModelGrant,
} from "../harness/access-model.ts";
import {
  createEdge,
  createNode,
  deleteEdge,
  deleteNode,
  edge,
  grant,
  membership,
  ownId,
  purgeNode,
  restoreNode,
  revoke,
  setVisibility,
  updateNode,
} from "../harness/operations.ts";
import { TestPartition } from "../harness/partition.ts";

const TYPE = 1;
const LINK = 10;
const SCHEMA = {
  node_types: [{ type_id: TYPE, name: "Thing", fields: [] }],
  edge_types: [{ edge_type_id: LINK, name: "Link" }],
};
const ACTORS = ["user:a", "user:b", "user:c"];
const GROUPS = ["group:x", "group:y", "group:z"];
const HISTORIES = 200;
const REBUILT = 10;

const actor = fc.constantFrom(...ACTORS);
const principal = fc.constantFrom(...ACTORS, ...GROUPS, "role:editor", "tenant:*");
const permission = fc.constantFrom(...PERMISSIONS);
const node = fc.nat(4);
const modelGrant: fc.Arbitrary<ModelGrant> = fc.record({
  principal,
  permission,
  forMs: fc.constantFrom(0, 0, 1, 1_000, 5_000),
});
/** Of a list of grants one of each kind, as a request that names one twice comes to the later. */
const grants = fc.uniqueArray(modelGrant, {
  maxLength: 3,
  selector: (each) => `${each.permission} ${each.principal}`,
});
const accessStep: fc.Arbitrary<AccessStep> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ what: fc.constant("create" as const), node, grants }) },
  {
    weight: 5,
    arbitrary: fc.record({
      what: fc.constantFrom(
        "update" as const,
        "delete" as const,
        "restore" as const,
        "purge" as const,
      ),
      node,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ what: fc.constant("grant" as const), node, grant: modelGrant }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant("revoke" as const),
      node,
      principal,
      permission: fc.option(permission, { nil: undefined }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant("visible" as const),
      node,
      principals: fc.uniqueArray(principal, { maxLength: 3 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.oneof(
      fc.record({ what: fc.constant("link" as const), node, to: node }),
      fc.record({ what: fc.constant("unlink" as const), node, to: node }),
    ),
  },
);
const memberStep: fc.Arbitrary<MemberStep> = fc.record({
  what: fc.constantFrom("join" as const, "join" as const, "leave" as const, "roles" as const),
  member: fc.constantFrom(...ACTORS, ...GROUPS),
  group: fc.constantFrom(...GROUPS),
  roles: fc.subarray(["editor", "keeper"]),
});

type Step =
  | { readonly by: string; readonly access: AccessStep }
  | { readonly member: MemberStep }
  | { readonly passes: number };

const history: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ by: actor, access: accessStep }) },
    { weight: 2, arbitrary: fc.record({ member: memberStep }) },
    { weight: 1, arbitrary: fc.record({ passes: fc.constantFrom(1, 999, 4_000) }) },
  ),
  { minLength: 5, maxLength: 40 },
);

const id = (number: number) => ownId("nd", number);

function operationOf(step: AccessStep, now: number): RequestedOperation {
  const expiry = ({ forMs }: ModelGrant) => (forMs === 0 ? 0 : now + forMs);
  switch (step.what) {
    case "create": {
      const granted = step.grants.map((each) => ({ ...each, expiresAt: expiry(each) }));
      const sharing = {
        grants: granted.map(({ forMs: _, ...each }) => each),
        recipients: [],
        mail: NO_MAIL,
      };
      return createNode(TYPE, {}, { id: id(step.node), sharing });
    }
    case "update":
      return updateNode(id(step.node));
    case "delete":
      return deleteNode(id(step.node));
    case "restore":
      return restoreNode(id(step.node));
    case "purge":
      return purgeNode(id(step.node));
    case "grant":
      return grant(id(step.node), step.grant.principal, step.grant.permission, expiry(step.grant));
    case "revoke":
      return revoke(id(step.node), step.principal, step.permission);
    case "visible":
      return setVisibility(id(step.node), ...step.principals);
    case "link":
      return createEdge(LINK, id(step.node), id(step.to));
    case "unlink":
      return deleteEdge(edge(LINK, id(step.node), id(step.to)));
  }
}

function memberOperation({ what, member, group, roles }: MemberStep): RequestedOperation {
  if (what === "roles") return membership({ action: "set_member", principal: member, roles });
  const action = what === "join" ? "add_to_group" : "remove_from_group";
  return membership({ action, group: group.slice("group:".length), member });
}

const reasonOf = (outcome: Promise<unknown>): Promise<string> =>
  outcome.then(
    () => "done",
    (error: Error) => String(Reflect.get(error, "reason")),
  );

test("whoever may do something is whom the model says, at every moment", async () => {
  await using partition = await TestPartition.open();
  const { fakeClock: clock } = partition;
  let run = 0;
  await fc.assert(
    fc.asyncProperty(history, async (steps) => {
      run += 1;
      const tenantId = `run-${run}`;
      const admin = partition.tenant(tenantId, "user:root", ["admin"]);
      const clients = new Map(ACTORS.map((name) => [name, partition.tenant(tenantId, name)]));
      await admin.register(SCHEMA);
      await admin.execute([
        ...GROUPS.map((group) => membership({ action: "put_group", group: group.slice(6) })),
        membership({ action: "put_role", role: "editor", rights: [] }),
        membership({ action: "put_role", role: "keeper", rights: ["data"] }),
      ]);
      const model = new AccessModel();
      const expectReadable = async () => {
        for (const [name, client] of clients) {
          const found = await client.queryAll({ typeId: TYPE });
          const wanted = model.readable(name, clock.now()).map(id);
          expect([name, found.map((each) => each.id)]).toEqual([name, wanted]);
        }
      };
      for (const step of steps) {
        if ("passes" in step) clock.advance(step.passes);
        else if ("member" in step) {
          const outcome = await reasonOf(admin.one(memberOperation(step.member)));
          expect([step, outcome]).toEqual([step, model.member(step.member)]);
        } else {
          const now = clock.now();
          const client = clients.get(step.by) ?? admin;
          const outcome = await reasonOf(client.one(operationOf(step.access, now)));
          expect([step, outcome]).toEqual([step, model.apply(step.by, step.access, now)]);
        }
        await expectReadable();
      }
      if (run % REBUILT !== 0) return;
      const never = new AbortController().signal;
      const report = await partition.engine.rebuildTenant(tenantId, never);
      expect(report.contentHashAfter).toBe(report.contentHashBefore);
      await expectReadable();
    }),
    { numRuns: HISTORIES },
  );
}, 120_000);
