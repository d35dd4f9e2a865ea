/** Longest time for which a run should hold the event loop. */
const HOLD_MILLISECONDS = 5;

/** A full run within this time leaves room for a run of twice the rows. */
const SHORT_MILLISECONDS = 2;

/** Among so many rows the fixed cost of a run, some 30 µs, is small. */
const LEAST_ROWS = 16;
const MOST_ROWS = 256;

/** Runs that must agree before the size changes. Other work on the machine slows some runs, but hardly all. */
const AGREEING_RUNS = 8;

/** A run within the time takes back so many long runs, so that the size follows two long runs of three. */
const WITHDRAWN_RUNS = 2;

/** How many rows a run of one model may have. A run holds the event loop, and 2,000 trees need some 16 µs a row. */
export class RunSize {
  #rows = MOST_ROWS;
  #longRuns = 0;
  #shortRuns = 0;

  /** Largest number of rows of the next run. */
  get rows(): number {
    return this.#rows;
  }

  /** A run of so many rows held the event loop for so long. */
  observe(rows: number, milliseconds: number): void {
    // A full run takes at least the time of a run of fewer rows. It takes at most that time scaled to its rows, because
    // the fixed cost of a run does not grow.
    const isLong = milliseconds > HOLD_MILLISECONDS;
    const isWithin = (milliseconds * this.#rows) / rows <= HOLD_MILLISECONDS;
    const isShort = milliseconds <= SHORT_MILLISECONDS && rows === this.#rows;
    if (isLong) this.#longRuns++;
    if (isWithin) this.#longRuns = Math.max(this.#longRuns - WITHDRAWN_RUNS, 0);
    if (isLong || rows > this.#rows / 2) this.#shortRuns = isShort ? this.#shortRuns + 1 : 0;
    if (this.#longRuns >= AGREEING_RUNS) this.#change(this.#rows / 2);
    if (this.#shortRuns >= AGREEING_RUNS) this.#change(this.#rows * 2);
  }

  #change(rows: number): void {
    this.#rows = Math.min(Math.max(rows, LEAST_ROWS), MOST_ROWS);
    this.#longRuns = 0;
    this.#shortRuns = 0;
  }
}
