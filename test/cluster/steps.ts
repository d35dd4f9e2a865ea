import { setTimeout as delay } from 'node:timers/promises';
import type { Progress } from '../../scripts/stack/progress.ts';

/** Far more than the longest step takes. A step that hangs fails, and the next steps still run. */
const LIMIT_MINUTES = 15;

/** What a step throws if the cluster cannot do what the step is about. The message says why. */
export class NotRun extends Error {
  override readonly name = 'NotRun';
}

/** Runs the steps of the test one after the other. Prints the time of each step, and counts. */
export class Steps {
  readonly #progress: Progress;
  passed = 0;
  /** Name and reason of each step that failed. */
  readonly failures: string[] = [];
  /** Name and reason of each step that was not run. */
  readonly notRun: string[] = [];

  constructor(progress: Progress) {
    this.#progress = progress;
  }

  /** Runs a step that all later steps need. A failure ends the test. */
  async require(name: string, step: () => Promise<string | undefined>): Promise<void> {
    if (!(await this.prove(name, step)))
      throw new Error(`"${name}" failed, and the rest of the test needs it`);
  }

  /**
   * Runs a step that no other step needs. A failure is counted, and the test goes on.
   * @returns whether the step was run and passed
   */
  async prove(name: string, step: () => Promise<string | undefined>): Promise<boolean> {
    const start = performance.now();
    const seconds = () => ((performance.now() - start) / 1000).toFixed(1);
    try {
      const found = await withinLimit(step);
      this.passed++;
      this.#progress.say(`ok      ${name} (${seconds()} s)${found ? `: ${found}` : ''}`);
      return true;
    } catch (error) {
      const reason = (error as Error).message;
      if (error instanceof NotRun) {
        this.notRun.push(`${name}: ${reason}`);
        this.#progress.say(`NOT RUN ${name} (${seconds()} s)\n  ${reason}`);
        return false;
      }
      this.failures.push(`${name}\n  ${reason}`);
      this.#progress.say(`FAILED  ${name} (${seconds()} s)\n  ${reason}`);
      return false;
    }
  }
}

async function withinLimit<T>(step: () => Promise<T>): Promise<T> {
  const over = new AbortController();
  const limit = delay(LIMIT_MINUTES * 60_000, undefined, { signal: over.signal }).then(() => {
    throw new Error(`not done within ${LIMIT_MINUTES} minutes`);
  });
  try {
    return await Promise.race([step(), limit]);
  } finally {
    over.abort();
    limit.catch(() => {});
  }
}
