/** Names of the latest pods of one target. More would only repeat the beginnings that these names have. */
const MAXIMUM_NAMES = 1_000;

/** The names of a target's own pods in one step. */
export interface PodNames {
  readonly names: readonly string[];
  /** False if names of pods that are gone may lack, because this process did not list the pods all the time. */
  readonly complete: boolean;
}

interface Step {
  readonly since: string;
  /** The name seen last is at the end. */
  readonly names: Set<string>;
  complete: boolean;
}

/**
 * The names of the pods that each ModelDeployment's target had since a step began, also of pods that are gone.
 * Prometheus still has their records. Otherwise a pod that is replaced would take its errors out of the measurement.
 */
export class SeenPods {
  readonly #steps = new Map<string, Step>();

  /**
   * `present` and every name that was given before in this step.
   * @param sawBegin true if this process acts since the begin of the step without a break
   */
  add(modelDeployment: string, since: string, present: readonly string[], sawBegin: boolean): PodNames {
    const step = this.#step(modelDeployment, since);
    step.complete &&= sawBegin;
    for (const name of present) {
      step.names.delete(name);
      step.names.add(name);
    }
    for (const name of step.names) {
      if (step.names.size <= MAXIMUM_NAMES) break;
      step.names.delete(name);
    }
    return { names: [...step.names], complete: step.complete };
  }

  /** Notes that the pods could not be listed. Pods may come and go meanwhile. */
  miss(modelDeployment: string, since: string): void {
    this.#step(modelDeployment, since).complete = false;
  }

  forget(modelDeployment: string): void {
    this.#steps.delete(modelDeployment);
  }

  #step(modelDeployment: string, since: string): Step {
    const known = this.#steps.get(modelDeployment);
    const step = known?.since === since ? known : { since, names: new Set<string>(), complete: true };
    this.#steps.set(modelDeployment, step);
    return step;
  }
}
