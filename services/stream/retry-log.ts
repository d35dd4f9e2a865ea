import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logging.ts';

const LINES_PER_SECOND = 10;
const MAXIMUM_CAUSE_CHARACTERS = 500;

export interface Retry {
  readonly operation: 'batch' | 'GetRecords' | 'PutRecords' | 'PutObject';
  readonly error: unknown;
  /** Number of tries so far. All of them failed. */
  readonly tries: number;
  /** The wait before the next try. */
  readonly delayMilliseconds: number;
  /** What is tried: the shard or stream, the position, the number of records. Never data of a record. */
  readonly of: Readonly<Record<string, string | number | undefined>>;
}

interface Second {
  startedAt: number;
  lines: number;
  unlogged: number;
}

/**
 * Logs every retry with its cause and its back-off. One outage may fail thousands of retries a second, so each operation
 * logs at most 10 lines a second. The next line then tells how many retries were not logged.
 */
export class RetryLog {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #seconds = new Map<Retry['operation'], Second>();

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  retried({ operation, error, tries, delayMilliseconds, of }: Retry): void {
    const second = this.#second(operation);
    if (second.lines === LINES_PER_SECOND) {
      second.unlogged++;
      return;
    }
    const { unlogged } = second;
    second.lines++;
    second.unlogged = 0;
    this.#logger.warn(
      {
        operation,
        ...of,
        tries,
        delayMilliseconds: Math.round(delayMilliseconds),
        cause: causeOf(error),
        ...(unlogged === 0 ? {} : { unlogged }),
      },
      `${operation} failed, trying again after the delay`,
    );
  }

  #second(operation: Retry['operation']): Second {
    const now = this.#clock.monotonic();
    const second = this.#seconds.get(operation) ?? { startedAt: now, lines: 0, unlogged: 0 };
    this.#seconds.set(operation, second);
    if (now - second.startedAt >= 1_000) {
      second.startedAt = now;
      second.lines = 0;
    }
    return second;
  }
}

/** The message alone: the stack would repeat with every retry. */
export function causeOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.slice(0, MAXIMUM_CAUSE_CHARACTERS);
}
