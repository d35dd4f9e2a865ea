interface Progress {
  /** What the pods are replaced for. Another aim begins anew. */
  readonly aim: string;
  readonly seen: Set<string>;
  /** Counted seconds at the last progress. */
  at: number;
}

interface Look {
  readonly aim: string;
  /** The numbers of pods. */
  readonly state: string;
  /** Seconds in which the pods could make progress, since this process first looked. */
  readonly counted: number;
  /** Seconds without progress that an earlier leader recorded. */
  readonly earlier: number;
}

/**
 * For how long the pods of each target made no progress. A state counts as progress only the first time. So pods that come
 * and go for ever make none, whatever deadline the Deployment has.
 */
export class RolloutProgress {
  readonly #targets = new Map<string, Progress>();

  idleSeconds(name: string, { aim, state, counted, earlier }: Look): number {
    const known = this.#targets.get(name);
    const progress =
      known?.aim === aim ? known : this.#begin(aim, state, known ? counted : counted - earlier);
    this.#targets.set(name, progress);
    if (!progress.seen.has(state)) progress.at = counted;
    progress.seen.add(state);
    return counted - progress.at;
  }

  forget(name: string): void {
    this.#targets.delete(name);
  }

  #begin(aim: string, state: string, at: number): Progress {
    return { aim, seen: new Set([state]), at };
  }
}
