import type { Matcher } from './expression.ts';
import { labelPattern } from './label-pattern.ts';

export type Labels = Readonly<Record<string, string>>;

interface Point {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Undefined: the series ended here, because the pod or the series was gone. */
  readonly value: number | undefined;
}

export interface Series {
  readonly labels: Labels;
  /** Oldest first. */
  readonly points: readonly Point[];
}

interface Kept extends Series {
  readonly points: Point[];
}

/** One value of a scrape. The labels are those that the pod gives. */
export interface Scraped {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

const KEPT_MILLISECONDS = 3_600_000;

/** The values of an hour, by metric. Like Prometheus it notes when a series ends. */
export class SeriesStore {
  readonly #metrics = new Map<string, Map<string, Kept>>();

  /** Notes what one target gave. Series of the target that are not among the values have ended. */
  add(target: Labels, values: readonly Scraped[], at: number): void {
    const seen = new Set<Kept>();
    for (const { name, labels, value } of values) {
      const series = this.#series(name, { ...labels, ...target });
      seen.add(series);
      series.points.push({ at, value });
      if ((series.points[0]?.at ?? at) < at - 2 * KEPT_MILLISECONDS)
        series.points.splice(
          0,
          series.points.findIndex((point) => point.at > at - KEPT_MILLISECONDS),
        );
    }
    for (const series of this.#of(target)) {
      if (!seen.has(series) && series.points.at(-1)?.value !== undefined)
        series.points.push({ at, value: undefined });
    }
  }

  find(name: string, matchers: readonly Matcher[]): readonly Series[] {
    const tests = matchers.map(testOf);
    return [...(this.#metrics.get(name)?.values() ?? [])].filter(({ labels }) =>
      tests.every((test) => test(labels)),
    );
  }

  #series(name: string, labels: Labels): Kept {
    const metric = this.#metrics.get(name) ?? new Map<string, Kept>();
    this.#metrics.set(name, metric);
    const key = labelsKey(labels);
    const series = metric.get(key) ?? { labels, points: [] };
    metric.set(key, series);
    return series;
  }

  #of(target: Labels): Kept[] {
    const parts = Object.entries(target);
    return [...this.#metrics.values()].flatMap((metric) =>
      [...metric.values()].filter(({ labels }) => parts.every(([label, value]) => labels[label] === value)),
    );
  }
}

/** A text that is the same for equal labels. A label with an empty value is no label. */
export function labelsKey(labels: Labels): string {
  return JSON.stringify(
    Object.entries(labels)
      .filter(([, value]) => value !== '')
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function testOf({ label, operator, value }: Matcher): (labels: Labels) => boolean {
  const holds = operator.endsWith('~') ? labelPattern(value) : (text: string) => text === value;
  const wanted = operator.startsWith('=');
  return (labels) => holds(labels[label] ?? '') === wanted;
}
