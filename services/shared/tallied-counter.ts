import { Counter, type CounterConfiguration, type LabelValues } from 'prom-client';

/** One series of a TalliedCounter. Whoever keeps it looks no labels up for an increment. */
export class CounterSeries {
  #pending = 0;
  #isUsed = false;

  /** @throws TypeError if `value` is no number that a counter can grow by, because it would spoil the sum and the next scrape */
  inc(value: number): void {
    if (!Number.isFinite(value) || value < 0)
      throw new TypeError(`the increment ${value} must be a finite number of at least 0`);
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
  readonly #kept = new Map<string, KeptSeries<Label>>();

  constructor(configuration: CounterConfiguration<Label>) {
    super({ ...configuration, collect: () => this.#hand() });
  }

  override reset(): void {
    // prom-client's constructor calls this method before there are any series.
    if (#kept in this) this.#hand();
    super.reset();
  }

  override remove(...labels: string[]): void;
  override remove(labels: LabelValues<Label>): void;
  override remove(...labels: never[]): void {
    this.#hand();
    super.remove(...labels);
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

  /** Hands prom-client all that was added so far. */
  #hand(): void {
    for (const { labels, series } of this.#kept.values()) {
      const pending = series.take();
      if (pending !== undefined) this.inc(labels, pending);
    }
  }
}
