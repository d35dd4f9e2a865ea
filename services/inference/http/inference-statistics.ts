import type { Servable } from '../decision/route/servable.ts';

/** Parts of an inference that are timed, in the words of Triton. Milliseconds. */
export interface InferenceTimes {
  /** Reading and validating the request. */
  readonly compute_input: number;
  /** The graph. */
  readonly compute_infer: number;
  /** Writing the answer. */
  readonly compute_output: number;
}

/** How often something happened, and how long it took. */
class Duration {
  #count = 0;
  #milliseconds = 0;

  add(milliseconds: number): void {
    this.#count++;
    this.#milliseconds += milliseconds;
  }

  get count(): number {
    return this.#count;
  }

  toJSON() {
    return { count: this.#count, ns: Math.round(this.#milliseconds * 1e6) };
  }
}

const NEVER = { count: 0, ns: 0 };

/** Inferences over `/v2` that one loaded model has run. */
export class ModelStatistics {
  readonly #success = new Duration();
  readonly #fail = new Duration();
  readonly #parts = {
    compute_input: new Duration(),
    compute_infer: new Duration(),
    compute_output: new Duration(),
  };
  #lastMilliseconds = 0;

  succeeded(times: InferenceTimes, nowMilliseconds: number): void {
    this.#lastMilliseconds = nowMilliseconds;
    this.#success.add(times.compute_input + times.compute_infer + times.compute_output);
    for (const part of ['compute_input', 'compute_infer', 'compute_output'] as const) {
      this.#parts[part].add(times[part]);
    }
  }

  failed(milliseconds: number, nowMilliseconds: number): void {
    this.#lastMilliseconds = nowMilliseconds;
    this.#fail.add(milliseconds);
  }

  /** In the form of Triton. A request is one execution of batch size 1, because the rows are part of the shapes. */
  toJSON() {
    const { count } = this.#success;
    return {
      last_inference: this.#lastMilliseconds,
      inference_count: count,
      execution_count: count,
      inference_stats: {
        success: this.#success,
        fail: this.#fail,
        // No request waits in a queue, and no answer comes from a cache.
        queue: { count, ns: 0 },
        ...this.#parts,
        cache_hit: NEVER,
        cache_miss: NEVER,
      },
      batch_stats: count === 0 ? [] : [{ batch_size: 1, ...this.#parts }],
      memory_usage: [],
    };
  }
}

/** Statistics of the models that are loaded. They end with their model. */
export class InferenceStatistics {
  readonly #models = new WeakMap<Servable, ModelStatistics>();

  of(servable: Servable): ModelStatistics {
    const known = this.#models.get(servable);
    if (known !== undefined) return known;
    const statistics = new ModelStatistics();
    this.#models.set(servable, statistics);
    return statistics;
  }
}
