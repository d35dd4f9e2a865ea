import type { DependencyState, ReportState } from '../shared/dependency-state.ts';
import { hasReason } from '../shared/kubernetes/kubernetes-error.ts';
import type { Logger } from '../shared/logging.ts';
import { isStreamError } from './client/stream-error.ts';

interface Problem {
  readonly message: string;
  /** True if waiting does not help: a person has to change something. */
  readonly permanent: boolean;
}

/**
 * Joins the problems of the consumer's parts into one state. The problem of a part lasts until the same part reports
 * success or its end.
 */
export class StreamHealth {
  readonly #report: ReportState;
  readonly #logger: Logger;
  readonly #problems = new Map<string, Problem>();
  /** Parts that worked at least once. Their problems may pass by themselves. */
  readonly #worked = new Set<string>();
  #started = false;
  #last = '';

  constructor(report: ReportState, logger: Logger) {
    this.#report = report;
    this.#logger = logger;
    this.#publish();
  }

  get ready(): boolean {
    return this.#started && this.#problems.size === 0;
  }

  get message(): string {
    return [...this.#problems.values()].map(({ message }) => message).join('; ');
  }

  /** Call this once the shards are known and reading has begun. */
  started(): void {
    this.#started = true;
    this.#publish();
  }

  failed(part: string, error: unknown): void {
    const forbidden = hasReason(error, 'Forbidden');
    // The stream does not exist, or the process has no right to see it.
    const unusable =
      part === 'shards' && (isStreamError(error, 'not_found') || isStreamError(error, 'denied'));
    const message = `${forbidden ? 'leases: forbidden: ' : ''}${(error as Error).message} (trying again)`;
    if (!this.#problems.has(part)) this.#logger.warn({ error, part }, 'stream part fails, trying again');
    this.#problems.set(part, { message, permanent: forbidden || unusable });
    this.#publish();
  }

  succeeded(part: string): void {
    this.#worked.add(part);
    if (this.#problems.delete(part)) this.#logger.info({ part }, 'stream part works again');
    this.#publish();
  }

  /** Call this when a part is gone or has nothing to do. Its problem, if any, no longer counts. */
  ended(part: string): void {
    if (this.#problems.delete(part)) this.#publish();
  }

  /**
   * True if no record can ever be read: leases or stream are missing or forbidden. A part that worked before and fails now
   * does not block, because such an outage hits the other pods as well.
   */
  get #blocked(): boolean {
    const hopeless = [...this.#problems].some(
      ([part, { permanent }]) => permanent && !this.#worked.has(part),
    );
    return !this.#worked.has('leases') || hopeless;
  }

  get #state(): DependencyState['state'] {
    if (this.#blocked) return 'blocked';
    if (!this.#started) return 'waiting';
    return this.#problems.size === 0 ? 'ok' : 'degraded';
  }

  #publish(): void {
    const { message } = this;
    const state = this.#state;
    if (this.#last === state + message) return;
    this.#last = state + message;
    this.#report(message === '' ? { state } : { state, message });
  }
}
