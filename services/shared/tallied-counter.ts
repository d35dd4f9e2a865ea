import { Counter, type CounterConfiguration, type LabelValues } from 'prom-client';

/** One series of a TalliedCounter. Whoever keeps it looks no labels up for an increment. */
export class CounterSeries {
  #pending = 0;
  #isUsed = false;

  inc(value: number): void {
    this.#pending += value;
    this.#isUsed = true;
  }

  /** @returns what was added since the last call. Undefined if nothing was, not even 0. */
  take(): number | undefined {
    const pending = this.#isUsed ? this.#pending : undefined;
    this.#pending = 0;
    this.#isUsed = false;
    return pending;
  }
}

interface KeptSeries<Label extends string> {
  readonly labels: LabelValues<Label>;
  readonly series: CounterSeries;
}

/**
 * A counter of prom-client whose series can also be kept. prom-client hashes the labels for every increment. A kept series
 * adds plain numbers, and prom-client gets their sum at the next scrape.
 */
export class TalliedCounter<Label extends string> extends Counter<Label> {
  readonly #kept: Map<string, KeptSeries<Label>>;

  constructor(configuration: CounterConfiguration<Label>) {
    const kept = new Map<string, KeptSeries<Label>>();
    super({
      ...configuration,
      collect() {
        for (const { labels, series } of kept.values()) {
          const pending = series.take();
          if (pending !== undefined) this.inc(labels, pending);
        }
      },
    });
    this.#kept = kept;
  }

  /** The same object for the same labels. */
  series(labels: Readonly<Record<Label, string>>): CounterSeries {
    const key = Object.entries(labels).sort().join('\u0000');
    let kept = this.#kept.get(key);
    if (kept === undefined) {
      kept = { labels, series: new CounterSeries() };
      this.#kept.set(key, kept);
    }
    return kept.series;
  }
}
