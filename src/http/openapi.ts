import {
  type ConversionConfig,
  type JsonSchema,
  toJsonSchema,
  toJsonSchemaDefs,
} from "@valibot/to-json-schema";
import type * as v from "valibot";
import { buildInfo } from "../base/build-info.ts";
import { ROUTE_TAGS, type Route } from "./route.ts";
import { operationShape } from "./shapes/atomic.ts";
import { jsonList, jsonObject, jsonValue, textsByName, wholeNumber64 } from "./shapes/common.ts";
import { eventShape } from "./shapes/events.ts";
import { edgeShape, nodeShape } from "./shapes/graph.ts";
import { errorAnswer } from "./shapes/operations.ts";
import { andShape, comparisonShape, filterShape, orShape } from "./shapes/query.ts";
import {
  edgeTypeList,
  nodeTypeList,
  schemaDocument,
  schemaEdgeType,
  schemaField,
  schemaForm,
  schemaNodeType,
} from "./shapes/schema.ts";

/**
 * The OpenAPI 3.1 document of a table of routes. Everything in it comes from the routes and
 * from the shapes that they read requests with; nothing is kept by hand.
 */
export interface OpenApiDocument {
  readonly openapi: "3.1.0";
  readonly info: Readonly<Record<string, unknown>>;
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

/** Shapes that have a name of their own in the document. */
const NAMED: Readonly<Record<string, v.GenericSchema>> = {
  Node: nodeShape,
  Edge: edgeShape,
  Event: eventShape,
  Operation: operationShape,
  Filter: filterShape,
  Comparison: comparisonShape,
  AllOf: andShape,
  AnyOf: orShape,
  Schema: schemaDocument,
  NodeTypes: nodeTypeList,
  EdgeTypes: edgeTypeList,
  NodeType: schemaNodeType,
  EdgeType: schemaEdgeType,
  Field: schemaField,
  Error: errorAnswer,
};

/** What a request only looks at from outside, because another reader knows its form. */
const WRITTEN_OUT: Readonly<Record<string, JsonSchema>> = {
  NodeTypes: { type: "array", items: { $ref: "#/components/schemas/NodeType" } },
  EdgeTypes: { type: "array", items: { $ref: "#/components/schemas/EdgeType" } },
};

const CONVERSION: ConversionConfig = {
  target: "draft-2020-12",
  errorMode: "throw",
  definitions: NAMED,
  overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
  overrideSchema: ({ valibotSchema }) => {
    if (valibotSchema === jsonObject) return { type: "object" };
    if (valibotSchema === jsonList) return { type: "array" };
    if (valibotSchema === jsonValue) return {};
    if (valibotSchema === textsByName) {
      return { type: "object", additionalProperties: { type: "string" } };
    }
    if (valibotSchema === wholeNumber64) return { type: ["integer", "string"] };
    if (valibotSchema === filterShape) return { oneOf: ["Comparison", "AllOf", "AnyOf"].map(ref) };
    return undefined;
  },
};

export function openApiDocument(routes: readonly Route[]): OpenApiDocument {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "EntDB",
      version: buildInfo.version,
      summary: "A multi-tenant, event-sourced graph database",
      description:
        "Integers beyond ±(2^53−1) are written as strings; both forms are accepted. Times are Unix milliseconds. A request names its tenant and actor by X-Tenant-ID and X-Actor, in the query or in the body; X-Timeout-Ms is its deadline. Every answer carries X-Request-Id, and those about a tenant's data X-EntDB-Position.",
      license: { name: "MIT", identifier: "MIT" },
    },
    tags: Object.entries(ROUTE_TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: { schemas: components() },
  };
}

function components(): Record<string, JsonSchema> {
  const schemas = toJsonSchemaDefs(NAMED, CONVERSION);
  return { ...schemas, ...WRITTEN_OUT, Schema: convert(schemaForm) };
}

function operationOf(route: Route): Record<string, unknown> {
  const answers = Object.entries(route.answers).map(([status, shape]) => [
    status,
    {
      description: status === "200" ? "Done." : "Not now.",
      headers: ANSWER_HEADERS,
      content: contentOf(route, shape),
    },
  ]);
  return {
    operationId: operationId(route),
    tags: [route.tag],
    summary: route.summary,
    parameters: parametersOf(route),
    ...(route.body === undefined ? {} : { requestBody: requestBodyOf(route.body, route.example) }),
    responses: {
      ...Object.fromEntries(answers),
      default: {
        description: "Refused, or failed.",
        headers: ANSWER_HEADERS,
        content: { "application/json": { schema: ref("Error") } },
      },
    },
  };
}

/** Of a stream of events: what stands in the data of one. */
function contentOf(route: Route, shape: v.GenericSchema | undefined) {
  if (shape === undefined) return { "text/plain": { schema: { type: "string" } } };
  return { [route.streams ? "text/event-stream" : "application/json"]: { schema: convert(shape) } };
}

const ANSWER_HEADERS = {
  "X-Request-Id": { schema: { type: "string" } },
  "X-EntDB-Position": {
    description: "Position token, where the answer has a position.",
    schema: { type: "string" },
  },
};

function requestBodyOf(body: v.GenericSchema, example: unknown) {
  const content = { schema: convert(body), ...(example === undefined ? {} : { example }) };
  return { required: true, content: { "application/json": content } };
}

/** "GET /v1/nodes/:id/edges/out" → "get_v1_nodes_id_edges_out" */
function operationId(route: Route): string {
  const words = route.path.replaceAll(/[^A-Za-z0-9]+/g, "_").replace(/_$/, "");
  return route.method.toLowerCase() + words;
}

function parametersOf(route: Route): unknown[] {
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const inQuery = Object.entries(route.query).map(([name, param]) => {
    const { description, ...schema } = convert(param.shape);
    return { name, in: "query", required: false, description, schema };
  });
  return [...inPath, ...inQuery, ...fieldParameterOf(route)];
}

/** As many parameters as there are fields: an object that explodes into its members. */
function fieldParameterOf(route: Route): unknown[] {
  const { fieldParams } = route;
  if (fieldParams === undefined) return [];
  return [
    {
      name: fieldParams.prefix,
      in: "query",
      required: false,
      description: fieldParams.description,
      style: "form",
      explode: true,
      schema: {
        type: "object",
        patternProperties: { [`^${fieldParams.prefix}\\.`]: { type: "string" } },
        additionalProperties: false,
      },
    },
  ];
}

function convert(shape: v.GenericSchema): JsonSchema {
  // The definitions stand once, among the components, for all.
  const { $schema: _, $defs: __, ...schema } = toJsonSchema(shape, CONVERSION);
  return schema;
}

function ref(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}
