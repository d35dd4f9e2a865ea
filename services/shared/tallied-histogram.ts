import type { Metric, Registry as MetricsRegistry } from 'prom-client';

export interface TalliedHistogramOptions<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly Label[];
  /** Inclusive upper bounds in ascending order. +Inf is added. */
  readonly edges: readonly number[];
  readonly metricsRegistry: MetricsRegistry;
}

/** Counted observations of one series. */
export interface Tally {
  /** One count for each bucket, not cumulative. There is one more bucket than edges. */
  readonly counts: Uint32Array;
  readonly sum: number;
}

/** One series of a TalliedHistogram. Whoever keeps it looks no labels up for an observation. */
export class HistogramSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** One count for each bucket, not cumulative. */
  readonly counts: Float64Array;
  readonly #edges: readonly number[];
  #sum = 0;
  #isUsed = false;

  constructor(labels: Readonly<Record<string, string>>, edges: readonly number[]) {
    this.labels = labels;
    this.counts = new Float64Array(edges.length + 1);
    this.#edges = edges;
  }

  get sum(): number {
    return this.#sum;
  }

  /** False before the first observation. */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  /** @throws TypeError if `value` is not finite, because it would spoil the sum for ever */
  observe(value: number): void {
    if (!Number.isFinite(value)) throw new TypeError(`the observation ${value} must be a finite number`);
    const bucket = bucketOf(value, this.#edges);
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
    this.#sum += value;
    this.#isUsed = true;
  }

  add({ counts, sum }: Tally): void {
    for (let index = 0; index < counts.length; index++) {
      this.counts[index] = (this.counts[index] as number) + (counts[index] as number);
    }
    this.#sum += sum;
    this.#isUsed = true;
  }

  reset(): void {
    this.counts.fill(0);
    this.#sum = 0;
    this.#isUsed = false;
  }
}

/**
 * A Prometheus histogram whose series take an observation, or a whole batch, as plain additions. The histogram of
 * prom-client hashes the labels for every observation, which costs as much as scoring the record.
 */
export class TalliedHistogram<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  readonly edges: readonly number[];
  readonly #labelNames: readonly Label[];
  readonly #series = new Map<string, HistogramSeries>();

  constructor(options: TalliedHistogramOptions<Label>) {
    this.name = options.name;
    this.help = options.help;
    this.edges = options.edges;
    this.#labelNames = options.labelNames;
    // As in prom-client, a histogram without labels is exported from the start.
    if (options.labelNames.length === 0) this.series({} as Record<Label, string>);
    // The registry calls only `name` and `get()`, but its types accept only prom-client's classes.
    options.metricsRegistry.registerMetric(this as unknown as Metric);
  }

  /** Index of the bucket of `value` in the counts of a Tally. */
  bucketOf(value: number): number {
    return bucketOf(value, this.edges);
  }

  /** The same object for the same labels. */
  series(labels: Readonly<Record<Label, string>>): HistogramSeries {
    const key = this.#labelNames.map((name) => labels[name]).join('\u0000');
    let series = this.#series.get(key);
    if (series === undefined) {
      series = new HistogramSeries(labels, this.edges);
      this.#series.set(key, series);
    }
    return series;
  }

  add(labels: Readonly<Record<Label, string>>, tally: Tally): void {
    this.series(labels).add(tally);
  }

  async get() {
    const values = [...this.#series.values()].flatMap(({ labels, counts, sum, isUsed }) => {
      if (!isUsed && this.#labelNames.length > 0) return [];
      let cumulative = 0;
      const buckets = [...counts].map((count, index) => {
        cumulative += count;
        const le = index < this.edges.length ? String(this.edges[index]) : '+Inf';
        return { metricName: `${this.name}_bucket`, labels: { le, ...labels }, value: cumulative };
      });
      return [
        ...buckets,
        { metricName: `${this.name}_sum`, labels, value: sum },
        { metricName: `${this.name}_count`, labels, value: cumulative },
      ];
    });
    return { name: this.name, help: this.help, type: this.type, aggregator: this.aggregator, values };
  }

  reset(): void {
    for (const series of this.#series.values()) series.reset();
  }
}

function bucketOf(value: number, edges: readonly number[]): number {
  let index = 0;
  while (index < edges.length && value > (edges[index] as number)) index++;
  return index;
}
