/**
 * What `entdb bench` asks of a server: it writes small nodes of a type of its own, reads those that
 * it wrote before it began, and appends events to aggregates of its own. Every answer is held
 * against what was asked; one that is wrong is thrown as a failure and never counted.
 */
import { isJsonObject, type JsonObject, objectsIn } from "../../base/json.ts";
import { stringifyJson } from "../../base/json-write.ts";
import { CommandFailure, EXIT } from "../failure.ts";
import type { RestClient } from "../rest-client.ts";

/** What is measured, by the names that `--only` takes, in the order in which it is measured. */
export const MEASURES = {
  write: "one small node and its idempotency key, answered when durable and applied",
  read: "one small node by its id",
  append:
    "one event of 200 bytes behind the head that the caller knows, answered when durable and applied",
} as const;
export type MeasureName = keyof typeof MEASURES;

/** The type that is added to the tenant's schema. */
export const NODE_TYPE = { id: 2_000_000_000, name: "EntdbBench" } as const;

const SCHEMA: JsonObject = {
  node_types: [
    {
      ...{ type_id: NODE_TYPE.id, name: NODE_TYPE.name },
      fields: [
        { field_id: 1, name: "label", kind: "str" },
        { field_id: 2, name: "number", kind: "int" },
      ],
    },
  ],
};
/** How many nodes are read, in turn, and how many of them one request writes. */
const NODES_READ = 1_000;
const NODES_AT_ONCE = 100;
const EVENT_PAYLOAD = { text: "x".repeat(200 - '{"text":""}'.length) };

export class Workload {
  readonly #client: RestClient;
  readonly #run: string;
  readonly #nodes: string[] = [];
  readonly #heads = new Map<number, number>();
  #requests = 0;
  #reads = 0;

  /** `run` tells what it writes from what other runs wrote: keys and aggregates begin with it. */
  constructor(client: RestClient, run: string) {
    this.#client = client;
    this.#run = run;
  }

  /** Brings the type along, in the requests that write the nodes to be read. Throws what the server refuses. */
  async prepare(): Promise<void> {
    while (this.#nodes.length < NODES_READ) {
      const numbers = Array.from({ length: NODES_AT_ONCE }, (_, i) => this.#nodes.length + i);
      const answer = await this.#client.post("/v1/atomic", {
        ...{ schema: SCHEMA, idempotency_key: this.#key() },
        operations: numbers.map(createNode),
      });
      this.#nodes.push(...objectsIn(answer["results"]).map(createdId));
    }
  }

  /** One call of the measure, by the caller of this number, which has no other under way. */
  call(measure: MeasureName, caller: number): Promise<void> {
    switch (measure) {
      case "write":
        return this.#write();
      case "read":
        return this.#read();
      case "append":
        return this.#append(caller);
    }
  }

  async #write(): Promise<void> {
    const answer = await this.#client.post("/v1/atomic", {
      idempotency_key: this.#key(),
      operations: [createNode(this.#requests)],
    });
    const [result = {}] = objectsIn(answer["results"]);
    createdId(result);
    requireApplied("write", answer);
  }

  async #read(): Promise<void> {
    const number = this.#reads++ % NODES_READ;
    const id = this.#nodes[number] ?? "";
    const node = await this.#client.get(`/v1/nodes/${id}`);
    const payload = isJsonObject(node["payload"]) ? node["payload"] : {};
    if (node["id"] !== id || payload["number"] !== number || payload["label"] !== LABEL) {
      throw wrongAnswer("read", node);
    }
  }

  async #append(caller: number): Promise<void> {
    const head = this.#heads.get(caller);
    const answer = await this.#client.post("/v1/events/append", {
      idempotency_key: this.#key(),
      appends: [
        {
          aggregate_id: `${this.#run}-${caller}`,
          aggregate_type: "entdb-bench",
          expected_nonce: head === undefined ? "none" : String(head),
          events: [{ event_type: "entdb_bench.appended", payload: EVENT_PAYLOAD }],
        },
      ],
    });
    const [result = {}] = objectsIn(answer["results"]);
    const next = (head ?? 0) + 1;
    if (result["last_aggregate_nonce"] !== next) throw wrongAnswer("append", answer);
    requireApplied("append", answer);
    this.#heads.set(caller, next);
  }

  #key(): string {
    return `${this.#run}-${this.#requests++}`;
  }
}

const LABEL = "entdb bench";

function createNode(number: number): JsonObject {
  return { op: "create_node", type_id: NODE_TYPE.id, payload: { label: LABEL, number } };
}

function createdId(result: JsonObject): string {
  const { node_id: id, created } = result;
  if (typeof id === "string" && created === true) return id;
  throw wrongAnswer("write", result);
}

function requireApplied(measure: MeasureName, answer: JsonObject): void {
  if (answer["applied"] !== true) throw wrongAnswer(measure, answer);
}

function wrongAnswer(measure: MeasureName, answer: JsonObject): CommandFailure {
  return new CommandFailure({
    code: "INTERNAL",
    reason: "INTERNAL",
    message: `A ${measure} was answered wrongly: ${stringifyJson(answer).slice(0, SHOWN_CHARS)}`,
    exitCode: EXIT.failure,
    hint: "Nothing is reported of a run with a wrong answer. Please report it with what the server logged.",
  });
}

const SHOWN_CHARS = 300;
