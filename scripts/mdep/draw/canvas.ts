import type { Style } from './style.ts';

/** What is drawn on. */
export interface Canvas {
  readonly style: Style;
  /** Columns of a line. */
  readonly width: number;
  /** Milliseconds since the epoch. Ages count from here. */
  readonly now: number;
}

/** Below this width there is room for neither bars nor columns beside a text. */
const NARROW = 60;

export function isNarrow({ width }: Canvas): boolean {
  return width < NARROW;
}
