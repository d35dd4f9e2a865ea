/** State of a dependency, for `/readyz` and the log. */
export interface DependencyState {
  /**
   * `degraded`: the dependency failed lately, and the service goes on. `waiting`: the dependency was never reached.
   * `blocked`: the same, and the process cannot work without the dependency.
   */
  readonly state: 'ok' | 'degraded' | 'waiting' | 'blocked';
  /** Code of the problem, such as `ArtifactTooLarge`. Each is in the runbook. */
  readonly reason?: string;
  /** The problem, and what happens next. */
  readonly message?: string;
}

/** Receives a dependency's state whenever it changes. */
export type ReportState = (state: DependencyState) => void;
