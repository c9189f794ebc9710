import { systemClock } from "../../../src/base/clock.ts";
import { systemRandom } from "../../../src/base/random.ts";
import type { Engine, RequestedOperation } from "../../../src/engine/engine.ts";
import type { Node } from "../../../src/record/graph.ts";
import type { Fields, Value } from "../../../src/schema/value.ts";
import { openPartition, type Partition } from "../../../src/server/partition.ts";
import type { GraphDatabase, Side } from "../graph-database.ts";
import { edgeId, type FoundPerson, knownBy, type Person, personId, personOf } from "../people.ts";
import { FIELD, KNOWS, LOAD_OPERATIONS, PERSON, runs, SCHEMA } from "./entdb-schema.ts";

/** EntDB without its faces: the engine in the process of the benchmark. */

const CALLER = { tenantId: "bench", actor: "user:bench", roles: [], credential: "" };
const NEVER = new AbortController().signal;
const NOW = { atLeast: undefined, strong: false };

/** A partition as the server opens it. Trouble of any kind fails the run. */
export function openBenchPartition(dataDir: string, openTenants = 512): Promise<Partition> {
  const fail = (what: string, ...details: unknown[]): never => {
    throw new Error(`${what}: ${Bun.inspect(details)}`);
  };
  return openPartition({
    wal: "file",
    dataDir,
    acceptClock: false,
    openTenants,
    readWorkers: 2,
    checkpointIntervalMs: 5_000,
    autoCreateTenants: true,
    scanRows: 1_000_000,
    walkEdges: 1_000_000,
    walkDepth: 5,
    version: "bench",
    clock: systemClock,
    random: systemRandom,
    log: {
      tenantStalled: (...details) => fail("a tenant stalled", ...details),
      tenantHalted: (...details) => fail("a tenant halted", ...details),
      tenantRebuilding: (...details) => fail("a tenant was rebuilt", ...details),
      tenantRebuildReached: () => undefined,
      tenantResumed: () => undefined,
      tenantBuilding: () => undefined,
      tenantBuilt: () => undefined,
      filesNotRemoved: (...details) => fail("files were not removed", ...details),
      upkeepFailed: (...details) => fail("upkeep failed", ...details),
    },
    meter: { applied: () => undefined },
  });
}

export function engineSide(engine: Engine): Side {
  return {
    name: "EntDB engine",
    durability: "fdatasync before the answer, applied",
    connect: () => Promise.resolve(new EngineDatabase(engine)),
  };
}

/** Writes the schema, so many people, and whom they know. */
export async function loadEngine(engine: Engine, people: number): Promise<void> {
  await engine.registerSchema(
    CALLER,
    { idempotencyKey: "schema", schema: SCHEMA, mode: "merge" },
    NEVER,
  );
  for (const numbers of runs(people, LOAD_OPERATIONS)) {
    const nodes = numbers.map((n) => createNode(personOf(n), personId(n)));
    await execute(engine, `load-people-${numbers[0]}`, nodes);
  }
  for (const numbers of runs(people, LOAD_OPERATIONS / 10)) {
    const edges = numbers.flatMap((n) =>
      knownBy(n, people).map((to, i) => createEdge(personId(n), personId(to), edgeId(n, i))),
    );
    await execute(engine, `load-edges-${numbers[0]}`, edges);
  }
}

export class EngineDatabase implements GraphDatabase {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async createPerson(key: string, person: Person): Promise<string> {
    const [result] = await execute(this.#engine, key, [createNode(person)]);
    return result?.nodeId ?? "";
  }

  async createPair(key: string, first: Person, second: Person): Promise<readonly string[]> {
    const results = await execute(this.#engine, key, [
      { ...createNode(first), alias: "first" },
      { ...createNode(second), alias: "second" },
      createEdge("$first.id", "$second.id"),
    ]);
    return results.map(({ nodeId, edgeId: edge }) => nodeId || edge);
  }

  async createPeople(key: string, people: readonly Person[]): Promise<readonly string[]> {
    const nodes = people.map((person) => createNode(person));
    return (await execute(this.#engine, key, nodes)).map(({ nodeId }) => nodeId);
  }

  async getPerson(id: string): Promise<FoundPerson> {
    const { node } = await this.#engine.getNode(CALLER, { id, includeDeleted: false }, NOW, NEVER);
    return found(node);
  }

  async listTeam(team: number): Promise<readonly FoundPerson[]> {
    const request = {
      typeId: PERSON,
      filter: {
        op: "eq",
        operand: { of: "field", fieldId: FIELD.team },
        values: [{ kind: "int", value: BigInt(team) }],
      },
      order: [],
      includeDeleted: false,
      withTotalCount: false,
      pageSize: 10,
      cursor: undefined,
      offset: 0,
    } as const;
    return (await this.#engine.queryNodes(CALLER, request, NOW, NEVER)).nodes.map(found);
  }

  async listKnown(id: string): Promise<readonly FoundPerson[]> {
    const request = {
      nodeId: id,
      direction: "out",
      edgeTypeId: KNOWS,
      withNodes: true,
      pageSize: 10,
      cursor: undefined,
    } as const;
    return (await this.#engine.listEdges(CALLER, request, NOW, NEVER)).nodes.map(found);
  }

  /** The engine is whoever opened it to close. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

function found(node: Node): FoundPerson {
  const name = node.fields.get(FIELD.name);
  return { id: node.id, name: name?.kind === "str" ? name.value : "" };
}

async function execute(engine: Engine, key: string, operations: readonly RequestedOperation[]) {
  const request = {
    idempotencyKey: key,
    operations,
    wait: "applied",
    schemaFingerprint: "",
    schema: undefined,
  } as const;
  return (await engine.execute(CALLER, request, NEVER)).results;
}

function createNode(person: Person, id = ""): RequestedOperation {
  return {
    op: "create_node",
    typeId: PERSON,
    id,
    fields: personFields(person),
    returnExisting: false,
  };
}

function createEdge(fromId: string, toId: string, id = ""): RequestedOperation {
  const fields: Fields = new Map();
  return { op: "create_edge", edgeTypeId: KNOWS, id, fromId, toId, fields, returnExisting: false };
}

/** A person as the fields of a node. */
export function personFields(person: Person): Fields {
  return new Map<number, Value>([
    [FIELD.name, { kind: "str", value: person.name }],
    [FIELD.email, { kind: "str", value: person.email }],
    [FIELD.team, { kind: "int", value: BigInt(person.team) }],
    [FIELD.score, { kind: "float", value: person.score }],
    [FIELD.note, { kind: "str", value: person.note }],
  ]);
}
