/** How a dependency is doing, for people who read `/readyz` and for the log. */
export interface DependencyState {
  /**
   * `degraded`: it failed lately, and the service goes on without it; `waiting`: it was not there yet; `blocked`:
   * likewise, and the process is of no use before it is.
   */
  readonly state: 'ok' | 'degraded' | 'waiting' | 'blocked';
  /** What is wrong, and what happens next. */
  readonly message?: string;
}

/** Receives a dependency's state whenever it changes. */
export type ReportState = (state: DependencyState) => void;
