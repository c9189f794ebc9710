import { turn } from "../../../src/base/turn.ts";
import { decodeSchema } from "../../../src/schema/schema-json.ts";
import type { NodeType } from "../../../src/schema/types.ts";
import { temporaryDirectory } from "../../harness/temporary-directory.ts";
import { EngineDatabase, openBenchPartition } from "../databases/entdb-engine.ts";
import { FIELD, SCHEMA } from "../databases/entdb-schema.ts";
import { closedLoop, spreadOf } from "../measure.ts";
import type { BenchOptions } from "../options.ts";
import { newPersonOf } from "../people.ts";
import type { Probe } from "../report.ts";

const CALLER = { tenantId: "bench", actor: "user:bench", roles: [], credential: "" };
const NEVER = new AbortController().signal;
/** Nodes of one transaction while filling. */
const FILL = 1_000;
const NODES = 100_000;

/** What a change of schema asks of each node. */
const BUILDS: readonly { readonly what: string; readonly change: (type: NodeType) => NodeType }[] =
  [
    { what: "an index", change: (type) => withField(type, FIELD.score, { indexed: true }) },
    { what: "uniqueness", change: (type) => withField(type, FIELD.email, { unique: true }) },
    { what: "words", change: (type) => withField(type, FIELD.note, { searchable: true }) },
    { what: "a default", change: withRequired },
  ];

/**
 * A schema that concerns every node of a tenant: how long it takes in all, and the longest that
 * anybody else has to wait for a turn of the event loop meanwhile.
 */
export async function probeSchemaBuild({ smoke }: BenchOptions): Promise<readonly Probe[]> {
  const nodes = smoke ? FILL : NODES;
  using place = temporaryDirectory();
  const partition = await openBenchPartition(place.path);
  const probes: Probe[] = [];
  try {
    const { engine } = partition;
    let schema = SCHEMA;
    await engine.registerSchema(CALLER, { idempotencyKey: "0", schema, mode: "replace" }, NEVER);
    const database = new EngineDatabase(engine);
    const fill = async (n: number) => {
      const people = Array.from({ length: FILL }, (_, i) => newPersonOf(n * FILL + i));
      await database.createPeople(`fill-${n}`, people);
    };
    await closedLoop(fill, 2, { calls: nodes / FILL });
    for (const { what, change } of BUILDS) {
      schema = { ...schema, nodeTypes: schema.nodeTypes.map(change) };
      const request = { idempotencyKey: what, schema, mode: "replace" } as const;
      const { longestMs, seconds } = await watched(engine.registerSchema(CALLER, request, NEVER));
      const about = `Schema build: ${what} over ${nodes.toLocaleString("en-US")} nodes`;
      const probe = { probe: "schema-build", samples: 1 };
      probes.push(
        {
          ...probe,
          what: `${about}, longest hold`,
          unit: "ms",
          value: spreadOf([longestMs]),
          goal: "< 50",
        },
        {
          ...probe,
          what: `${about}, in all`,
          unit: "s",
          value: spreadOf([seconds]),
          goal: undefined,
        },
      );
    }
  } finally {
    await partition.stop();
  }
  return probes;
}

/** How long the promise takes, and the longest time between two turns of the event loop until then. */
async function watched(
  work: Promise<unknown>,
): Promise<{ readonly longestMs: number; readonly seconds: number }> {
  const begun = performance.now();
  let settled = false;
  const end = () => {
    settled = true;
  };
  work.then(end, end);
  let longestMs = 0;
  let last = begun;
  while (!settled) {
    await turn();
    const now = performance.now();
    longestMs = Math.max(longestMs, now - last);
    last = now;
  }
  await work;
  return { longestMs, seconds: (performance.now() - begun) / 1000 };
}

function withField(
  type: NodeType,
  fieldId: number,
  change: Partial<NodeType["fields"][number]>,
): NodeType {
  const fields = type.fields.map((field) =>
    field.fieldId === fieldId ? { ...field, ...change } : field,
  );
  return { ...type, fields };
}

function withRequired(type: NodeType): NodeType {
  const level = { field_id: 90, name: "level", kind: "int", required: true, default: 1 };
  const form = { node_types: [{ type_id: type.typeId, name: type.name, fields: [level] }] };
  const [added] = decodeSchema(form).nodeTypes;
  return { ...type, fields: [...type.fields, ...(added?.fields ?? [])] };
}
