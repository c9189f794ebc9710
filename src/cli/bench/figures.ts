/** What a number of answered calls comes to. */
export interface Measurement {
  readonly calls: number;
  readonly seconds: number;
  readonly callsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Of these latencies (in milliseconds, in any order) and the time that they took together. */
export function measurementOf(latencies: readonly number[], seconds: number): Measurement {
  const sorted = Float64Array.from(latencies).sort();
  return {
    calls: sorted.length,
    seconds,
    callsPerSecond: sorted.length / seconds,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
  };
}

/** Of sorted values; 0 when there are none. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;
}
