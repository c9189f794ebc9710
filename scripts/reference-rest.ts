/** The page of REST's routes, from the table that the router is made from. */
import type { Engine } from "../src/engine/engine.ts";
import { openApiDocument } from "../src/http/openapi.ts";
import { ROUTE_TAGS, type Route, type RouteTag } from "../src/http/route.ts";
import { routeTable } from "../src/http/routes/table.ts";
import { TenantNames } from "../src/http/tenant-names.ts";
import { code, page, table } from "./reference-page.ts";

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly description?: string;
  readonly schema: Shape;
}

interface Shape {
  readonly $ref?: string;
  /** Several where any of them will do. */
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly items?: Shape;
  readonly oneOf?: readonly Shape[];
  readonly anyOf?: readonly Shape[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
}

interface Described {
  readonly parameters: readonly Parameter[];
  readonly requestBody?: {
    readonly content: { readonly "application/json": { readonly schema: Shape } };
  };
}

/** Said once at the top, not of every route. */
const COMMON = new Set(["tenant_id", "actor", "at_least", "consistency"]);

export function restPage(): string {
  // The rows are made without being run: nothing is asked of what stands behind them.
  const engine = {} as Engine;
  const facts = { engine, ready: () => true, metricsText: undefined, trusted: true };
  const routes = routeTable(facts, new TenantNames(engine));
  const { paths } = openApiDocument(routes);
  const describe = ({ method, path }: Route) =>
    paths[path.replace(/:(\w+)/g, "{$1}")]?.[method.toLowerCase()] as Described;
  return page(
    "# REST",
    "JSON in UTF-8, on the HTTP port and on the RPC port. A running server tells the same, in full, at `/openapi.json`. Tenant and actor come from the credential (`Authorization: Bearer …`), or in trusted mode from the headers `X-Tenant-ID` and `X-Actor`, the query (`tenant_id`, `actor`) or the body. `X-Timeout-Ms` is a request's deadline. Every answer carries `X-Request-Id`; where it has a position, `X-EntDB-Position` is its token. Reads take `at_least` (such a token) and `consistency=strong`. Integers beyond ±(2^53−1) are written as strings; both forms are taken everywhere.",
    ...(Object.keys(ROUTE_TAGS) as RouteTag[]).flatMap((tag) => [
      `## ${ROUTE_TAGS[tag]}`,
      ...routes
        .filter((route) => route.tag === tag)
        .map((route) => section(route, describe(route))),
    ]),
  );
}

const ACCESS = {
  open: "Needs no credential.",
  credential: "",
  server: "Needs a credential of the server.",
} as const;

function section(route: Route, { parameters, requestBody }: Described): string {
  const notes = [`${route.summary}.`, ACCESS[route.access]];
  if (route.streams) notes.push("The answer is a stream of server-sent events.");
  const asked = parameters.filter(({ name }) => !COMMON.has(name));
  const text = [`### ${route.method} ${route.path}`, notes.filter((note) => note !== "").join(" ")];
  if (asked.length > 0) {
    const rows = asked.map(({ name, in: place, description, schema }) => [
      code(name),
      place,
      typeOf(schema),
      description ?? "",
    ]);
    text.push(table(["parameter", "in", "type", "meaning"], rows));
  }
  const body = requestBody?.content["application/json"].schema;
  if (body?.properties !== undefined) text.push(bodyTable(body));
  return text.join("\n\n");
}

function bodyTable(body: Shape): string {
  const rows = membersOf(body, "");
  return rows.length === 0 ? "" : table(["member of the body", "type", "meaning"], rows);
}

/** A row for each member, and behind it for each of its own: `appends`, `appends[].events`. */
function membersOf({ properties = {}, required = [] }: Shape, within: string): string[][] {
  return Object.entries(properties)
    .filter(([name]) => within !== "" || !COMMON.has(name))
    .flatMap(([name, shape]) => {
      const path = within + name;
      const isRequired = required.includes(name) ? " (required)" : "";
      const row = [code(path) + isRequired, typeOf(shape), shape.description ?? ""];
      const inner = shape.items === undefined ? `${path}.` : `${path}[].`;
      return [row, ...membersOf(shape.items ?? shape, inner)];
    });
}

function typeOf(shape: Shape): string {
  const { $ref, type, items, oneOf, anyOf } = shape;
  if ($ref !== undefined) return $ref.slice($ref.lastIndexOf("/") + 1);
  if (shape.enum !== undefined) return shape.enum.map((value) => code(String(value))).join(", ");
  if (items !== undefined) return `list of ${typeOf(items)}`;
  const choices = oneOf ?? anyOf;
  if (choices !== undefined) return [...new Set(choices.map(typeOf))].join(" or ");
  return [type ?? "anything"].flat().join(" or ");
}
