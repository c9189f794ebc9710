/** `entdb search`: nodes by the words in their searchable fields. */
import type { Command } from "commander";
import { isJsonObject, type JsonObject, objectsIn } from "../../base/json.ts";
import type { CliContext } from "../context.ts";
import {
  addOutputFlag,
  addTenantFlags,
  type OutputFlags,
  type TenantFlags,
  tenantClient,
  wholeNumber,
} from "../flags.ts";
import type { Column } from "../format.ts";

type SearchFlags = TenantFlags &
  OutputFlags & {
    readonly type?: string;
    readonly fields?: string;
    readonly prefix?: true;
    readonly limit: number;
  };

export function declareSearch(command: Command, context: CliContext): void {
  command
    .argument("<words...>", "words, all of which a node must hold")
    .option("--type <types>", "numbers or names of node types, separated by commas")
    .option("--fields <names>", "only these fields of the one type, separated by commas")
    .option("--prefix", "the last word may be the beginning of one")
    .option("--limit <count>", "at most so many nodes", wholeNumber(1), 20);
  addOutputFlag(addTenantFlags(command));
  command.action(async (words: string[], flags: SearchFlags) => {
    const query: [string, string][] = [
      ["query", words.join(" ")],
      ["limit", String(flags.limit)],
    ];
    if (flags.type !== undefined) query.push(["types", flags.type]);
    if (flags.fields !== undefined) query.push(["fields", flags.fields]);
    if (flags.prefix) query.push(["prefix", "true"]);
    const answer = await tenantClient(context, flags).get("/v1/search", query);
    const hits = objectsIn(answer["results"]);
    await context.output.rows(flags.output, hits, COLUMNS);
    if (answer["has_more"] === true) await context.output.note("There are more: raise --limit.");
  });
}

const COLUMNS: readonly Column[] = [
  { title: "score", cell: (hit) => Number(hit["score"]).toFixed(3) },
  { title: "id", cell: (hit) => nodeOf(hit)["id"] },
  { title: "found", cell: (hit) => foundText(hit) },
];

function nodeOf(hit: JsonObject): JsonObject {
  const node = hit["node"];
  return isJsonObject(node) ? node : {};
}

/** What was found, in brackets: control characters are nothing for a terminal. */
function foundText(hit: JsonObject): string {
  const highlights = objectsIn(hit["highlights"]);
  return highlights
    .map(({ field, text }) => `${String(field)}: ${String(text)}`)
    .join("; ")
    .replaceAll("\u0002", "[")
    .replaceAll("\u0003", "]");
}
