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
  /** Kinds of parts of which at least one worked. A problem of such a part hits the other pods as well. */
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
    const permanent = forbidden || isUnusable(part, error);
    const next = permanent ? 'trying again; a person has to change this' : 'trying again';
    const message = `${forbidden ? 'leases: forbidden: ' : ''}${(error as Error).message} (${next})`;
    if (!this.#problems.has(part)) this.#logger.warn({ error, part }, 'stream part fails, trying again');
    this.#problems.set(part, { message, permanent });
    this.#publish();
  }

  /** Call this if the part waits for a person. `advice` says what the person has to do. */
  held(part: string, error: Error, advice: string): void {
    this.#problems.set(part, { message: `${error.message}; ${advice}`, permanent: false });
    this.#publish();
  }

  /** Call this while the part does long work that is going well. */
  progressed(part: string, message: string): void {
    this.#problems.set(part, { message, permanent: false });
    this.#publish();
  }

  succeeded(part: string): void {
    const kind = kindOf(part);
    // Every read and every write reports its success, and nearly none changes anything.
    if (this.#worked.has(kind) && !this.#problems.has(part)) return;
    this.#worked.add(kind);
    if (this.#problems.delete(part)) this.#logger.info({ part }, 'stream part works again');
    this.#publish();
  }

  /** Call this when a part is gone or has nothing to do. Its problem, if any, no longer counts. */
  ended(part: string): void {
    if (this.#problems.delete(part)) this.#publish();
  }

  /**
   * True if no record can ever be read: leases, stream or reads are missing or forbidden. A part that worked before and
   * fails now does not block, because such an outage hits the other pods as well.
   */
  get #blocked(): boolean {
    const hopeless = [...this.#problems].some(
      ([part, { permanent }]) => permanent && !this.#worked.has(kindOf(part)),
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

/** True if the stream does not exist, or if the process has no right to see or to read it. */
function isUnusable(part: string, error: unknown): boolean {
  const kind = kindOf(part);
  if (kind === 'shards') return isStreamError(error, 'not_found') || isStreamError(error, 'denied');
  return kind === 'read' && isStreamError(error, 'denied');
}

/** `read` for the part `read <stream> <shard>`. What one shard is refused, all shards are refused. */
function kindOf(part: string): string {
  return part.split(' ', 1)[0] ?? part;
}
