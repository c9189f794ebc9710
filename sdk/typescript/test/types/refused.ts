/**
 * What must not compile, line by line, and what must. The compiler is the test: an expected error
 * that does not come is an error itself. It is never run.
 */
import {
  type Client,
  defineEdge,
  defineNode,
  type FieldsOf,
  field,
  type Listing,
  type NewFieldsOf,
  type Node,
  type NodeId,
  type UnknownEnumValue,
} from "@entdb/client";

const use = (..._: unknown[]): void => undefined;
type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(..._: Equal<A, B> extends true ? [] : [never]): void => undefined;

const User = defineNode({
  typeId: 1,
  name: "User",
  fields: {
    email: field.str(1, { required: true, unique: true }),
    name: field.str(2),
    age: field.int(3),
    score: field.int(4, { as: "number", default: 0, required: true }),
  },
});
const Task = defineNode({
  typeId: 2,
  name: "Task",
  fields: {
    title: field.str(1, { required: true }),
    status: field.enum(2, ["todo", "done"]),
    due: field.timestamp(3),
    owner: field.ref(4, { target: User }),
    project: field.str(5),
    number: field.int(6),
    meta: field.json<{ readonly color: string }>(7),
    tags: field.listStr(8),
  },
  uniqueKeys: { byNumber: { keyId: 1, fields: ["project", "number"] } },
});
const AssignedTo = defineEdge({ edgeTypeId: 100, name: "AssignedTo", from: Task, to: User });
const Rated = defineEdge({
  edgeTypeId: 101,
  name: "Rated",
  from: User,
  to: Task,
  fields: { stars: field.int(1, { required: true }) },
});

declare const client: Client;
declare const id: NodeId;

// What is inferred.
same<
  FieldsOf<typeof User>,
  {
    readonly email: string;
    readonly score: number;
    readonly name?: string;
    readonly age?: bigint;
  }
>();
same<
  NewFieldsOf<typeof User>,
  {
    readonly email: string;
    readonly name?: string | null | undefined;
    readonly age?: bigint | number | null | undefined;
    readonly score?: bigint | number | null | undefined;
  }
>();
same<FieldsOf<typeof Task>["status"], "todo" | "done" | UnknownEnumValue | undefined>();
same<FieldsOf<typeof Task>["due"], Date | undefined>();
same<FieldsOf<typeof Task>["meta"], { readonly color: string } | undefined>();
same<Node<typeof Task>["type"], "Task">();

export async function writing(): Promise<void> {
  const { results } = await client.atomic((plan) => {
    const alice = plan.create(User, { email: "a@x" });
    const task = plan.create(Task, { title: "t", status: "todo", owner: alice, due: 5 });
    plan.link(AssignedTo, task, alice);
    plan.link(Rated, alice, task, { stars: 5 });
    plan.update(User, alice, { name: null, age: 3 });

    // @ts-expect-error a field that the type does not have
    plan.create(User, { email: "a@x", emial: "b@x" });
    // @ts-expect-error a value of another kind
    plan.create(User, { email: 5 });
    // @ts-expect-error a required field is missing
    plan.create(User, { name: "A" });
    // @ts-expect-error null for a required field
    plan.create(User, { email: null });
    // @ts-expect-error none of the enum's values
    plan.create(Task, { title: "t", status: "doing" });
    // @ts-expect-error JSON of another shape
    plan.create(Task, { title: "t", meta: { colour: "red" } });
    // @ts-expect-error an item of another kind
    plan.create(Task, { title: "t", tags: [1] });
    // @ts-expect-error a required field is not cleared
    plan.update(User, alice, { email: null });
    // @ts-expect-error a field that the type does not have
    plan.update(User, alice, { nmae: "A" });
    // @ts-expect-error a condition of another kind
    plan.update(User, alice, {}, { where: { email: 5 } });
    // @ts-expect-error a node of another type than is updated
    plan.update(User, task, { name: "A" });
    // @ts-expect-error the ends the wrong way round
    plan.link(AssignedTo, alice, task);
    // @ts-expect-error an edge without its required field
    plan.link(Rated, alice, task);
    // @ts-expect-error an alias that nobody defined
    plan.link(AssignedTo, task, bob);
    // @ts-expect-error an alias as text is no id
    plan.link(AssignedTo, task, "$bob.id");
    // @ts-expect-error any text is no id
    plan.delete("somebody");
    // @ts-expect-error an edge type is no node type
    plan.create(AssignedTo, {});
    return { alice, tasks: [task] };
  });
  same<typeof results.alice.id, NodeId>();
  same<typeof results.alice.version, number | undefined>();
  results.tasks[0]?.id.toUpperCase();
  // @ts-expect-error an alias that the plan does not return
  use(results.bob);
  // @ts-expect-error outcomes are not nodes
  use(results.alice.fields);
}

export async function reading(): Promise<void> {
  const user = await client.get(User, id);
  // @ts-expect-error there may be no such node
  use(user.fields);
  // @ts-expect-error a field that the type does not have
  use(user?.fields.emial);
  same<typeof user, Node<typeof User> | undefined>();

  await client.getByKey(User, { email: "a@x" });
  await client.getByKey(Task, { project: "p", number: 1 });
  // @ts-expect-error a field that is not unique
  await client.getByKey(User, { name: "A" });
  // @ts-expect-error a key that lacks a member
  await client.getByKey(Task, { project: "p" });

  client.query(Task, {
    where: { status: { in: ["todo"] }, title: { like: "%" }, due: { gt: new Date() }, $version: 1 },
    orderBy: ["-due", "title", "$createdAt"],
  });
  // @ts-expect-error a field that the type does not have
  client.query(Task, { where: { stauts: "todo" } });
  // @ts-expect-error a value of another kind
  client.query(Task, { where: { title: 5 } });
  // @ts-expect-error none of the enum's values
  client.query(Task, { where: { status: { neq: "doing" } } });
  // @ts-expect-error a comparison that the kind does not take
  client.query(Task, { where: { due: { like: "%" } } });
  // @ts-expect-error JSON is not compared
  client.query(Task, { where: { meta: { eq: { color: "red" } } } });
  // @ts-expect-error within an or, too
  client.query(Task, { where: { $or: [{ titel: "t" }] } });
  // @ts-expect-error an order by what is not there
  client.query(Task, { orderBy: ["-dew"] });
  // @ts-expect-error an edge type is not queried
  client.query(AssignedTo);

  const out = client.edgesOut(id, { type: AssignedTo, withNodes: true });
  for await (const { node } of out) same<typeof node, Node<typeof User>>();
  const bare = client.edgesIn(id, { type: AssignedTo });
  for await (const { node } of bare) same<typeof node, undefined>();
  const near = client.connected(id, AssignedTo, { direction: "in" });
  for await (const { node } of near) same<typeof node, Node<typeof Task>>();

  const hits = client.search("words", { types: [User, Task] });
  for await (const { node } of hits) {
    if (node.type === "Task") same<typeof node, Node<typeof Task>>();
    // @ts-expect-error none of the types searched
    if (node.type === "Note") return;
  }
  // @ts-expect-error a field that the type does not have
  client.search("words", { types: [Task], fields: ["titel"] });
  same<Listing<Node<typeof User>> extends AsyncIterable<Node<typeof User>> ? true : false, true>();
}

export async function watching(): Promise<void> {
  const watch = client.watch({ types: [User, Task, AssignedTo], withNodes: true });
  for await (const { changes } of watch) {
    for (const change of changes) {
      if (change.kind !== "nodeUpdated" || change.node === undefined) continue;
      if (change.node.type === "Task") same<typeof change.node, Node<typeof Task>>();
      // @ts-expect-error none of the types watched
      if (change.node.type === "Note") return;
    }
  }
}

defineNode({
  typeId: 3,
  name: "A",
  fields: { a: field.str(1) },
  // @ts-expect-error a key of a field that the type does not have
  uniqueKeys: { k: { keyId: 1, fields: ["b"] } },
});
// @ts-expect-error an enum without values
field.enum(1, []);
// @ts-expect-error a default of another kind
field.str(1, { default: 5 });
// @ts-expect-error a float cannot be unique
field.float(1, { unique: true });
// @ts-expect-error a list is not ordered
field.listStr(1, { indexed: true });
