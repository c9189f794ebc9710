/** Prometheus' text format, as far as tests ask it: what kind of metric a series is of, its labels, its value. */
export interface ExposedMetric {
  readonly type: string;
  /** Of all its series that there are now. */
  readonly labels: ReadonlySet<string>;
}

export interface Exposition {
  /** By the name that an expression uses: a histogram is three (`_bucket`, `_sum`, `_count`). */
  readonly metrics: ReadonlyMap<string, ExposedMetric>;
  /** The sum over all series of the name whose labels are these. Throws when there are none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number;
}

interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const PARTS_OF_A_HISTOGRAM = ["_bucket", "_sum", "_count"];

/** Throws on a line that is not of the format. */
export function parseExposition(text: string): Exposition {
  const metrics = new Map<string, { type: string; labels: Set<string> }>();
  const series: Series[] = [];
  for (const line of text.split("\n")) {
    const [, name = "", type = ""] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    for (const part of type === "histogram" ? PARTS_OF_A_HISTOGRAM : [""]) {
      if (name !== "") metrics.set(name + part, { type, labels: new Set() });
    }
    if (line === "" || line.startsWith("#")) continue;
    const one = parseSeries(line);
    const metric = metrics.get(one.name);
    if (metric === undefined) throw new Error(`no type of ${one.name} stands before it`);
    for (const label of Object.keys(one.labels)) metric.labels.add(label);
    series.push(one);
  }
  return {
    metrics,
    value(name, labels = {}) {
      const found = series.filter((one) => one.name === name && hasAll(one.labels, labels));
      if (found.length === 0) throw new Error(`no series of ${name} ${JSON.stringify(labels)}`);
      return found.reduce((sum, { value }) => sum + value, 0);
    },
  };
}

function parseSeries(line: string): Series {
  const [, name = "", inBraces = "", value = ""] =
    /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (name === "") throw new Error(`not a line of an exposition: ${line}`);
  const pairs = [...inBraces.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
  const labels = Object.fromEntries(pairs.map(([, label = "", text = ""]) => [label, text]));
  return { name, labels, value: Number(value) };
}

function hasAll(
  labels: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}
