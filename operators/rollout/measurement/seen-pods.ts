/** Names of the latest pods of one target. More would only repeat the beginnings that these names have. */
const MAXIMUM_NAMES = 1_000;

interface Step {
  readonly since: string;
  /** The name seen last is at the end. */
  readonly names: Set<string>;
}

/**
 * The names of the pods that each ModelDeployment's target had since a step began, also of pods that are gone.
 * Prometheus still has their records. Otherwise a pod that is replaced would take its errors out of the measurement.
 */
export class SeenPods {
  readonly #steps = new Map<string, Step>();

  /** `present` and every name that was given before in this step. */
  add(modelDeployment: string, since: string, present: readonly string[]): readonly string[] {
    const known = this.#steps.get(modelDeployment);
    const step = known?.since === since ? known : { since, names: new Set<string>() };
    this.#steps.set(modelDeployment, step);
    for (const name of present) {
      step.names.delete(name);
      step.names.add(name);
    }
    for (const name of step.names) {
      if (step.names.size <= MAXIMUM_NAMES) break;
      step.names.delete(name);
    }
    return [...step.names];
  }

  forget(modelDeployment: string): void {
    this.#steps.delete(modelDeployment);
  }
}
