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

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly counts: Float64Array;
  sum: number;
}

/**
 * A Prometheus histogram that takes a whole batch at once. The histogram of prom-client hashes the labels for every
 * observation, which costs as much as scoring the record.
 */
export class TalliedHistogram<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  readonly edges: readonly number[];
  readonly #labelNames: readonly Label[];
  readonly #series = new Map<string, Series>();

  constructor(options: TalliedHistogramOptions<Label>) {
    this.name = options.name;
    this.help = options.help;
    this.edges = options.edges;
    this.#labelNames = options.labelNames;
    // The registry calls only `name` and `get()`, but its types accept only prom-client's classes.
    options.metricsRegistry.registerMetric(this as unknown as Metric);
  }

  /** Index of the bucket of `value` in the counts of a Tally. */
  bucketOf(value: number): number {
    let index = 0;
    while (index < this.edges.length && value > (this.edges[index] as number)) index++;
    return index;
  }

  add(labels: Readonly<Record<Label, string>>, tally: Tally): void {
    const key = this.#labelNames.map((name) => labels[name]).join('\u0000');
    let series = this.#series.get(key);
    if (series === undefined) {
      series = { labels, counts: new Float64Array(this.edges.length + 1), sum: 0 };
      this.#series.set(key, series);
    }
    for (const [index, count] of tally.counts.entries()) {
      series.counts[index] = (series.counts[index] as number) + count;
    }
    series.sum += tally.sum;
  }

  async get() {
    const values = [...this.#series.values()].flatMap(({ labels, counts, sum }) => {
      let cumulative = 0;
      const buckets = [...counts].map((count, index) => {
        cumulative += count;
        const le = index < this.edges.length ? String(this.edges[index]) : '+Inf';
        return { metricName: `${this.name}_bucket`, labels: { ...labels, le }, value: cumulative };
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
    this.#series.clear();
  }
}
