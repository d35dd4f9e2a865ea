import type { Logger } from './logging.ts';

interface Step {
  readonly name: string;
  readonly stop: () => Promise<void> | void;
}

export interface LifecycleOptions {
  readonly logger: Logger;
  /** Limit for all steps together. After that the process exits with 1. Keep it below terminationGracePeriodSeconds. */
  readonly deadlineMilliseconds: number;
  /** @default process */
  readonly host?: Pick<NodeJS.Process, 'once' | 'exit'>;
}

/**
 * Ends the process in order. SIGTERM, SIGINT or a fatal error runs the registered steps,
 * newest first, because a part depends on the parts that started before it.
 */
export class Lifecycle {
  /** Aborts as soon as the process begins to stop. */
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #options: LifecycleOptions;
  readonly #host: Pick<NodeJS.Process, 'once' | 'exit'>;
  readonly #steps: Step[] = [];
  #stopping: Promise<void> | undefined;

  constructor(options: LifecycleOptions) {
    this.#options = options;
    this.#host = options.host ?? process;
    this.signal = this.#controller.signal;
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      this.#host.once(name, () => void this.stop(`received ${name}`, 0));
    }
    for (const name of ['uncaughtException', 'unhandledRejection'] as const) {
      this.#host.once(name, (error: unknown) => void this.fail(error));
    }
  }

  onStop(name: string, stop: Step['stop']): void {
    this.#steps.push({ name, stop });
  }

  /** Logs the error, stops and exits with 1. */
  fail(error: unknown): Promise<void> {
    this.#options.logger.error({ error }, 'fatal error');
    return this.stop('fatal error', 1);
  }

  stop(reason: string, exitCode: number): Promise<void> {
    this.#stopping ??= this.#stop(reason, exitCode);
    return this.#stopping;
  }

  async #stop(reason: string, exitCode: number): Promise<void> {
    const { logger, deadlineMilliseconds } = this.#options;
    logger.info({ reason }, 'stopping');
    this.#controller.abort(new Error(`stopping: ${reason}`));
    const timer = setTimeout(() => {
      logger.error({ deadlineMilliseconds }, 'stop deadline passed');
      this.#host.exit(1);
    }, deadlineMilliseconds);
    let code = exitCode;
    for (const step of this.#steps.toReversed()) {
      try {
        await step.stop();
      } catch (error) {
        logger.error({ error, step: step.name }, 'stop step failed');
        code = 1;
      }
    }
    clearTimeout(timer);
    logger.info({ exitCode: code }, 'stopped');
    this.#host.exit(code);
  }
}
