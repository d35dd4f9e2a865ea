export interface RolloutBenchRow {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
}

/** The median and the worst of the measurements. */
export function bounds(what: string, values: readonly number[], unit: string): RolloutBenchRow[] {
  const sorted = values.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  return [
    { what: `${what}, median of ${values.length}`, value: median, unit },
    { what: `${what}, worst`, value: sorted.at(-1) ?? Number.NaN, unit },
  ];
}
