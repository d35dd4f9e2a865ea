import type { Clock } from '../../../services/shared/clock.ts';
import type { ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';
import type { AliasReading } from '../decision/rollout.ts';
import { unexpectedMessage } from '../unexpected-error.ts';
import type { Registry } from './registry.ts';

interface Poll {
  /** Everything that the read depends on, and the wake token. A change makes the next read go to MLflow. */
  readonly question: string;
  readonly at: number;
  readonly reading: AliasReading;
}

/** Reads the alias of each ModelDeployment once in `pollSeconds`, however often it is reconciled. */
export class AliasPoll {
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #polls = new Map<string, Poll>();

  constructor(registry: Registry, clock: Clock) {
    this.#registry = registry;
    this.#clock = clock;
  }

  /** Another `wakeToken` than before asks for a read now. */
  async read({ metadata, spec }: ModelDeployment, wakeToken: string | undefined): Promise<AliasReading> {
    const { url, alias, pollSeconds } = spec.registry;
    const question = JSON.stringify([url, spec.model, alias, wakeToken]);
    const last = this.#polls.get(metadata.name);
    const at = this.#clock.monotonic();
    if (last?.question === question && at - last.at < pollSeconds * 1000) return last.reading;
    const reading = await this.#registry.readAlias(url, spec.model, alias).catch(
      (error: unknown): AliasReading => ({
        kind: 'unreachable',
        message: unexpectedMessage('MLflow', error),
      }),
    );
    this.#polls.set(metadata.name, { question, at, reading });
    return reading;
  }

  /** Milliseconds until the next read of the alias. */
  dueMilliseconds({ metadata, spec }: ModelDeployment): number {
    const last = this.#polls.get(metadata.name);
    if (last === undefined) return 0;
    return Math.max(0, last.at + spec.registry.pollSeconds * 1000 - this.#clock.monotonic());
  }

  forget(name: string): void {
    this.#polls.delete(name);
  }
}
