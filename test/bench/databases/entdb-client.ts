import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Client, createClient } from "@connectrpc/connect";
import {
  EntDBService,
  type OperationSchema,
  type QueryNodesRequestSchema,
} from "../../../gen/entdb/v1/entdb_service_pb.ts";
import { type ComparisonSchema, FilterOperator } from "../../../gen/entdb/v1/filter_pb.ts";
import type { Node } from "../../../gen/entdb/v1/model_pb.ts";
import { fetchTransport } from "../../../sdk/typescript/src/transport/fetch.ts";
import { grpcTransport } from "../../../sdk/typescript/src/transport/http2/transports.ts";
import { encodeSchema } from "../../../src/rpc/encode-schema.ts";
import type { GraphDatabase, Side } from "../graph-database.ts";
import { edgeId, type FoundPerson, knownBy, type Person, personId, personOf } from "../people.ts";
import { FIELD, KNOWS, LOAD_OPERATIONS, PERSON, runs, SCHEMA } from "./entdb-schema.ts";

/** EntDB as its users reach it: a server process over loopback TCP, the generated client over the SDK's transports. */

export type EntDBClient = Client<typeof EntDBService>;
type OperationInit = MessageInitShape<typeof OperationSchema>;

export const CONTEXT = { tenantId: "bench", actor: "user:bench" };
export const SERVER_DURABILITY = "fdatasync before the answer, applied";

export function grpcClient(url: string): EntDBClient {
  return createClient(EntDBService, grpcTransport()({ endpoint: url }).connect);
}

/** Connect with binary messages over `fetch`. */
export function connectClient(url: string): EntDBClient {
  return createClient(EntDBService, fetchTransport()({ endpoint: url }).connect);
}

export function clientSide(name: string, client: EntDBClient): Side {
  return {
    name,
    durability: SERVER_DURABILITY,
    connect: () => Promise.resolve(new ClientDatabase(client)),
  };
}

/** Writes the schema, so many people, and whom they know. */
export async function loadServer(client: EntDBClient, people: number): Promise<void> {
  await client.registerSchema({ context: CONTEXT, schema: encodeSchema(SCHEMA) });
  for (const numbers of runs(people, LOAD_OPERATIONS)) {
    const operations = numbers.map((n) => createNode(personOf(n), personId(n)));
    await client.executeAtomic({ context: CONTEXT, operations });
  }
  for (const numbers of runs(people, LOAD_OPERATIONS / 10)) {
    const operations = numbers.flatMap((n) =>
      knownBy(n, people).map((to, i) => createEdge(personId(n), personId(to), edgeId(n, i))),
    );
    await client.executeAtomic({ context: CONTEXT, operations });
  }
}

class ClientDatabase implements GraphDatabase {
  readonly #client: EntDBClient;

  constructor(client: EntDBClient) {
    this.#client = client;
  }

  async createPerson(key: string, person: Person): Promise<string> {
    const [id] = await this.#execute(key, [createNode(person)]);
    return id ?? "";
  }

  createPair(key: string, first: Person, second: Person): Promise<readonly string[]> {
    return this.#execute(key, [
      createNode(first, "", "first"),
      createNode(second, "", "second"),
      createEdge("$first.id", "$second.id"),
    ]);
  }

  createPeople(key: string, people: readonly Person[]): Promise<readonly string[]> {
    const operations = people.map((person) => createNode(person));
    return this.#execute(key, operations);
  }

  async getPerson(id: string): Promise<FoundPerson> {
    const { node } = await this.#client.getNode({ context: CONTEXT, id });
    return found(node);
  }

  async listTeam(team: number): Promise<readonly FoundPerson[]> {
    const { nodes } = await this.#client.queryNodes(teamRequest(team));
    return nodes.map(found);
  }

  async listKnown(id: string): Promise<readonly FoundPerson[]> {
    const { nodes } = await this.#client.listEdges(knownRequest(id));
    return nodes.map(found);
  }

  /** The transport closes its idle connections by itself. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  async #execute(idempotencyKey: string, operations: OperationInit[]): Promise<string[]> {
    const request = { context: CONTEXT, idempotencyKey, operations };
    const { results } = await this.#client.executeAtomic(request);
    return results.map(({ nodeId, edgeId: edge }) => nodeId || edge);
  }
}

function found(node: Node | undefined): FoundPerson {
  const name = node?.fields[FIELD.name]?.kind;
  return { id: node?.id ?? "", name: name?.case === "strValue" ? name.value : "" };
}

export function teamRequest(team: number): MessageInitShape<typeof QueryNodesRequestSchema> {
  const comparison = {
    operand: { case: "fieldId", value: FIELD.team },
    operator: FilterOperator.EQ,
    values: [{ kind: { case: "intValue", value: BigInt(team) } }],
  } satisfies MessageInitShape<typeof ComparisonSchema>;
  const filter = { node: { case: "comparison", value: comparison } } as const;
  return { context: CONTEXT, typeId: PERSON, filter, pageSize: 10 };
}

export function knownRequest(nodeId: string) {
  return { context: CONTEXT, nodeId, edgeTypeId: KNOWS, withNodes: true, pageSize: 10 };
}

export function createNode(person: Person, id = "", alias = ""): OperationInit {
  const fields = {
    [FIELD.name]: { kind: { case: "strValue", value: person.name } },
    [FIELD.email]: { kind: { case: "strValue", value: person.email } },
    [FIELD.team]: { kind: { case: "intValue", value: BigInt(person.team) } },
    [FIELD.score]: { kind: { case: "floatValue", value: person.score } },
    [FIELD.note]: { kind: { case: "strValue", value: person.note } },
  } as const;
  return { operation: { case: "createNode", value: { typeId: PERSON, id, alias, fields } } };
}

export function createEdge(fromId: string, toId: string, id = ""): OperationInit {
  return { operation: { case: "createEdge", value: { edgeTypeId: KNOWS, id, fromId, toId } } };
}
