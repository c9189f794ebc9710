/**
 * What runs in the browser: the package as it is published, against a server of another origin.
 * Each scenario is called by the test and answers with what it saw.
 */
import {
  type ClientOptions,
  createClient,
  EntDBError,
  fetchTransport,
  type PositionToken,
} from "@entdb/client";
import { AssignedTo, SCHEMA, Task, User } from "../fixtures/schema.ts";

const clientOf = (endpoint: string, options: Partial<ClientOptions> = {}) =>
  createClient({ endpoint, tenantId: "browser", actor: "user:alice", schema: SCHEMA, ...options });

/** A graph is written, read, changed and found; over POST and over GET. */
async function graph(endpoint: string): Promise<unknown> {
  const client = clientOf(endpoint, { transport: fetchTransport({ useHttpGet: true }) });
  const { results } = await client.atomic((plan) => {
    const alice = plan.create(User, { email: "alice@x", points: 2n ** 63n - 1n });
    const tasks = ["one", "two", "three"].map((title, priority) =>
      plan.create(Task, { title, priority, owner: alice, due: new Date(7) }),
    );
    for (const task of tasks) plan.link(AssignedTo, task, alice);
    return { alice, tasks };
  });
  const alice = await client.get(User, results.alice.id);
  const titles: string[] = [];
  const listing = client.query(Task, {
    where: { priority: { gte: 1 } },
    orderBy: ["-priority"],
    pageSize: 1,
  });
  for await (const { fields } of listing) titles.push(fields.title);
  const [edge] = await client
    .edgesIn(results.alice.id, { withNodes: true, type: AssignedTo })
    .toArray(1);
  return {
    points: String(alice?.fields.points),
    titles,
    count: await client.count(Task),
    due: edge?.node.fields.due?.getTime(),
    found: (await client.search("two", { types: [Task] }).toArray()).length,
  };
}

/** Changes come while the page is open. */
async function watch(endpoint: string): Promise<unknown> {
  const client = clientOf(endpoint);
  await client.schema.register();
  const watching = client.watch({ types: [User], withNodes: true });
  const seen: string[] = [];
  const done = (async () => {
    for await (const { changes } of watching) {
      for (const change of changes) {
        if (change.kind === "nodeCreated") seen.push(String(change.node?.fields["email"]));
      }
      if (seen.length === 2) return;
    }
  })();
  await watching.started;
  await client.atomic((plan) => plan.create(User, { email: "first@x" }));
  await client.atomic((plan) => plan.create(User, { email: "second@x" }));
  await done;
  return seen;
}

/** A write is read by another client that was handed its position. */
async function handOver(endpoint: string): Promise<unknown> {
  const { position, results } = await clientOf(endpoint).atomic(
    (plan) => plan.create(User, { email: "handed@x" }),
    { wait: "durable" },
  );
  const other = clientOf(endpoint);
  other.observe(position satisfies PositionToken);
  return (await other.get(User, results.id))?.fields.email;
}

/** What an error looks like from a page. */
async function failure(
  endpoint: string,
  options: { readonly timeoutMs?: number; readonly credential?: string } = {},
): Promise<unknown> {
  const client = clientOf(endpoint, { retry: { maxAttempts: 2, baseDelayMs: 1 }, ...options });
  try {
    return await client.count(User);
  } catch (error) {
    if (!(error instanceof EntDBError)) return String(error);
    const { name, reason, hint, requestId } = error;
    return { name, reason, hint: hint !== undefined, requestId: requestId !== undefined };
  }
}

/** What the server refuses keeps its class, reason and id. */
async function conflict(endpoint: string): Promise<unknown> {
  const client = clientOf(endpoint);
  const create = () => client.atomic((plan) => plan.create(User, { email: "twice@x" }));
  await create();
  try {
    return await create();
  } catch (error) {
    return error instanceof EntDBError
      ? { name: error.name, reason: error.reason, requestId: error.requestId !== undefined }
      : String(error);
  }
}

/** A call is given up. */
async function abort(endpoint: string): Promise<unknown> {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 50);
  try {
    return await clientOf(endpoint).count(User, { signal: controller.signal });
  } catch (error) {
    return error instanceof EntDBError ? error.reason : String(error);
  }
}

const scenarios = { graph, watch, handOver, failure, conflict, abort };
export type Scenarios = typeof scenarios;
Object.assign(globalThis, { scenarios });
