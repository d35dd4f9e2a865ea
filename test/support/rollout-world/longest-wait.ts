import type { Disturbance } from './disturbance.ts';

/** What is waited for now, and for how long at most. */
export interface Wait {
  readonly what: string;
  readonly seconds: number;
}

/** Measures how long one state lasts in simulated time, and tells when it lasts too long. */
export class LongestWait {
  readonly #name: string;
  readonly #restarts: ReadonlySet<Disturbance['what']>;
  readonly #wait: () => Wait | undefined;
  #what: string | undefined;
  #since = 0;
  /** Longest time that a state lasted, in seconds. */
  longest = 0;

  /**
   * @param restarts disturbances after which the wait begins anew
   * @param wait the present state. Another `what` begins another wait. Undefined: nothing is waited for
   */
  constructor(name: string, restarts: ReadonlySet<Disturbance['what']>, wait: () => Wait | undefined) {
    this.#name = name;
    this.#restarts = restarts;
    this.#wait = wait;
  }

  /** Looks at the present state. @returns what lasts too long */
  measure(now: number, happened: readonly Disturbance[]): string | undefined {
    const wait = this.#wait();
    const disturbed = happened.some(({ what }) => this.#restarts.has(what));
    if (wait === undefined || wait.what !== this.#what || disturbed) {
      this.#what = wait?.what;
      this.#since = now;
      return undefined;
    }
    const seconds = (now - this.#since) / 1000;
    this.longest = Math.max(this.longest, seconds);
    return seconds > wait.seconds ? `${this.#name} for ${seconds} s: ${wait.what}` : undefined;
  }
}
