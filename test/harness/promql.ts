/**
 * What an expression of Prometheus asks for, held against what a server exposes. Finds a metric
 * that there is not, a label that none of its series has, and a rate of what is no counter: such
 * an expression is never an error to Prometheus, it is silently empty.
 */
import { parser } from "@prometheus-io/lezer-promql";
import type { ExposedMetric, Exposition } from "./exposition.ts";

/** Labels that Prometheus gives to every series of a target. */
const TARGET_LABELS = ["job", "instance"];
/** Metrics that Prometheus makes of every target. */
const TARGET_METRICS: ReadonlyMap<string, ExposedMetric> = new Map([
  ["up", { type: "gauge", labels: new Set<string>() }],
]);
/** Functions that take series which only grow. */
const OF_COUNTERS = new Set(["rate", "irate", "increase"]);

type Cursor = ReturnType<ReturnType<typeof parser.parse>["cursor"]>;

/** What is wrong with the expression, a sentence for each thing; nothing when nothing is. */
export function problemsOf(expression: string, exposed: Exposition): string[] {
  const check = new ExpressionCheck(expression, exposed);
  check.run();
  return check.problems;
}

class ExpressionCheck {
  readonly problems: string[] = [];
  readonly #expression: string;
  readonly #exposed: Exposition;
  readonly #grouped = new Set<string>();
  /** What the selectors that were met can be grouped by. */
  readonly #known = new Set(TARGET_LABELS);
  #selectors = 0;

  constructor(expression: string, exposed: Exposition) {
    this.#expression = expression;
    this.#exposed = exposed;
  }

  run(): void {
    const cursor = parser.parse(this.#expression).cursor();
    do {
      if (cursor.type.isError) this.problems.push(`is not PromQL at character ${cursor.from}`);
      else if (cursor.name === "VectorSelector") this.#select(cursor);
      else if (cursor.name === "FunctionCall") this.#call(cursor);
      else if (cursor.name === "GroupingLabels") this.#group(cursor);
    } while (cursor.next());
    if (this.#selectors === 0) this.problems.push("asks for no metric");
    for (const label of this.#grouped) {
      if (!this.#known.has(label))
        this.problems.push(`groups by ${label}, which nothing in it has`);
    }
  }

  #select(at: Cursor): void {
    this.#selectors += 1;
    const [name] = this.#texts(at, "Identifier");
    const metric = this.#find(name);
    if (metric === undefined) {
      this.problems.push(`asks for ${name ?? "metrics without a name"}, which is not exposed`);
      return;
    }
    for (const label of metric.labels) this.#known.add(label);
    for (const label of this.#texts(at, "LabelName")) {
      if (metric.labels.has(label) || TARGET_LABELS.includes(label)) continue;
      this.problems.push(`asks ${name} for the label ${label}, which none of its series has`);
    }
  }

  #call(at: Cursor): void {
    const [name = ""] = this.#texts(at, "FunctionIdentifier");
    const [selected] = this.#texts(at, "Identifier");
    if (!OF_COUNTERS.has(name)) return;
    const type = this.#find(selected)?.type ?? "counter";
    if (type === "gauge") this.problems.push(`takes the ${name} of ${selected}, which is a gauge`);
  }

  #group(at: Cursor): void {
    for (const label of this.#texts(at, "LabelName")) this.#grouped.add(label);
  }

  #find(name: string | undefined): ExposedMetric | undefined {
    if (name === undefined) return undefined;
    return TARGET_METRICS.get(name) ?? this.#exposed.metrics.get(name);
  }

  /** Of all nodes of that kind below this one. */
  #texts(at: Cursor, kind: string): string[] {
    const texts: string[] = [];
    at.node.cursor().iterate((node) => {
      if (node.name === kind) texts.push(this.#expression.slice(node.from, node.to));
    });
    return texts;
  }
}
