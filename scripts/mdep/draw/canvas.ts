import type { Style } from './style.ts';

/** What is drawn on. */
export interface Canvas {
  readonly style: Style;
  /** Characters of a line. */
  readonly width: number;
  /** Milliseconds since the epoch. Ages count from here. */
  readonly now: number;
}
