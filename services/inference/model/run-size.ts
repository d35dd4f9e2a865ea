/** Longest time for which a run should hold the event loop. */
const HOLD_MILLISECONDS = 5;

/** A full run within this time leaves room for a run of twice the rows. */
const SHORT_MILLISECONDS = 2;

/** Among so many rows the fixed cost of a run, some 30 µs, is small. */
const LEAST_ROWS = 16;
const MOST_ROWS = 256;

/** Runs in a row that must agree before the size changes. Other work on the machine slows some runs, but hardly all. */
const AGREEING_RUNS = 8;

/** How many rows a run of one model may have. A run holds the event loop, and 2,000 trees need some 16 µs a row. */
export class RunSize {
  #rows = MOST_ROWS;
  #longRuns = 0;
  #shortRuns = 0;

  /** Largest number of rows of the next run. */
  get rows(): number {
    return this.#rows;
  }

  /** True if a run of so many rows says how long a full run takes. */
  learnsFrom(rows: number): boolean {
    return rows > this.#rows / 2;
  }

  /** A run of so many rows held the event loop for so long. */
  observe(rows: number, milliseconds: number): void {
    if (!this.learnsFrom(rows)) return;
    const isShort = milliseconds <= SHORT_MILLISECONDS && rows === this.#rows;
    this.#longRuns = milliseconds > HOLD_MILLISECONDS ? this.#longRuns + 1 : 0;
    this.#shortRuns = isShort ? this.#shortRuns + 1 : 0;
    if (this.#longRuns >= AGREEING_RUNS) this.#change(this.#rows / 2);
    if (this.#shortRuns >= AGREEING_RUNS) this.#change(this.#rows * 2);
  }

  #change(rows: number): void {
    this.#rows = Math.min(Math.max(rows, LEAST_ROWS), MOST_ROWS);
    this.#longRuns = 0;
    this.#shortRuns = 0;
  }
}
