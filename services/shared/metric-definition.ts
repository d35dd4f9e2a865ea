import { Gauge, Histogram, type Registry as MetricsRegistry } from 'prom-client';
import { TalliedCounter } from './tallied-counter.ts';
import { TalliedHistogram } from './tallied-histogram.ts';

/** When Prometheus has the first sample of a metric. The docs show the text, and the cluster test asserts the first two. */
export const PRESENCES = {
  always: 'from the first decided applications on',
  rollout: 'from the first rollout of a candidate on',
  trouble: 'from the first event of that kind on',
} as const;

/** What a metric means, for the process that exports it and for docs/reference/metrics.md. */
export interface MetricDefinition {
  /** A tallied histogram is for the hot path: its series take observations, or a whole batch, as plain additions. */
  readonly type: 'counter' | 'gauge' | 'histogram' | 'tallied histogram';
  readonly name: string;
  /** One or two short sentences, with the unit if the name has none. */
  readonly help: string;
  /** What a reader of the docs must know beside `help`. The text follows the name and a colon. */
  readonly note?: string;
  readonly labels?: readonly string[];
  readonly present: keyof typeof PRESENCES;
  /** Inclusive upper bounds of a histogram's buckets, growing. */
  readonly buckets?: readonly number[];
}

type LabelOf<Definition> = Definition extends { readonly labels: readonly (infer Label extends string)[] }
  ? Label
  : never;

interface MetricTypes<Label extends string> {
  readonly counter: TalliedCounter<Label>;
  readonly gauge: Gauge<Label>;
  readonly histogram: Histogram<Label>;
  readonly 'tallied histogram': TalliedHistogram<Label>;
}

export type Metrics<Definitions extends Readonly<Record<string, MetricDefinition>>> = {
  readonly [Key in keyof Definitions]: MetricTypes<LabelOf<Definitions[Key]>>[Definitions[Key]['type']];
};

/** Makes every metric in `metricsRegistry`, its labels known to the type. */
export function createMetrics<const Definitions extends Readonly<Record<string, MetricDefinition>>>(
  metricsRegistry: MetricsRegistry,
  definitions: Definitions,
): Metrics<Definitions> {
  const metrics = Object.entries(definitions).map(([key, definition]) => [
    key,
    createMetric(metricsRegistry, definition),
  ]);
  return Object.fromEntries(metrics);
}

function createMetric(metricsRegistry: MetricsRegistry, definition: MetricDefinition) {
  const { type, name, help, labels = [], buckets = [] } = definition;
  if (type === 'tallied histogram') {
    return new TalliedHistogram({
      name,
      help,
      labelNames: labels,
      edges: buckets,
      metricsRegistry,
    });
  }
  const configuration = { name, help, labelNames: [...labels], registers: [metricsRegistry] };
  if (type === 'histogram') return new Histogram({ ...configuration, buckets: [...buckets] });
  return type === 'counter' ? new TalliedCounter(configuration) : new Gauge(configuration);
}
