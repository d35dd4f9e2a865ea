import type { Logger } from '../../shared/logging.ts';
import type { ReportState } from '../dependency-state.ts';

/** Joins the problems of the consumer's parts into one state; a part's problem lasts until the same part reports success. */
export class StreamHealth {
  readonly #report: ReportState;
  readonly #logger: Logger;
  readonly #problems = new Map<string, string>();
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
    return [...this.#problems.values()].join('; ');
  }

  /** The shards are known: reading has begun. */
  started(): void {
    this.#started = true;
    this.#publish();
  }

  failed(part: string, error: unknown): void {
    const message = `${(error as Error).message} (trying again)`;
    if (!this.#problems.has(part)) this.#logger.warn({ error, part }, 'stream part fails, trying again');
    this.#problems.set(part, message);
    this.#publish();
  }

  succeeded(part: string): void {
    if (!this.#problems.delete(part)) return;
    this.#logger.info({ part }, 'stream part works again');
    this.#publish();
  }

  #publish(): void {
    const state = this.#started ? (this.#problems.size === 0 ? 'ok' : 'degraded') : 'waiting';
    const { message } = this;
    if (this.#last === state + message) return;
    this.#last = state + message;
    this.#report(message === '' ? { state } : { state, message });
  }
}
