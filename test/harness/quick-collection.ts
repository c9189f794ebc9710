import { edenGC, fullGC, heapStats } from "bun:jsc";

/**
 * How many of the dates that `churn` makes, in so many rounds, outlive a quick collection of garbage,
 * once what they pass through has grown old. Nothing else makes dates meanwhile.
 */
export function outlivingDates(churn: (rounds: number) => void): number {
  churn(100);
  fullGC();
  const before = dates();
  churn(1_000);
  edenGC();
  return dates() - before;
}

const dates = () => heapStats().objectTypeCounts["Date"] ?? 0;
