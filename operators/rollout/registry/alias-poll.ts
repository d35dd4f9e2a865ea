import type { Clock } from '../../../services/shared/clock.ts';
import type { ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';
import type { AliasReading } from '../decision/rollout.ts';
import { unexpectedMessage } from '../unexpected-error.ts';
import type { Registry } from './registry.ts';

const RETRY_MILLISECONDS = 1_000;

interface Poll {
  /** Everything that the read depends on, and the wake token. A change makes the next read go to MLflow. */
  readonly question: string;
  readonly dueAt: number;
  /** Reads in a row that gave no answer. */
  readonly failures: number;
  readonly reading: AliasReading;
}

/**
 * Reads the alias of each ModelDeployment once in `pollSeconds`, however often it is reconciled. A read without an answer
 * is repeated with back-off, so that a short outage does not cost a whole interval or the wake-up of a webhook.
 */
export class AliasPoll {
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #polls = new Map<string, Poll>();

  constructor(registry: Registry, clock: Clock) {
    this.#registry = registry;
    this.#clock = clock;
  }

  /** Another `wakeToken` than before asks for a read now. */
  async read(object: ModelDeployment, wakeToken: string | undefined): Promise<AliasReading> {
    const { name } = object.metadata;
    const { model, registry } = object.spec;
    const { url, credentials, alias, pollSeconds } = registry;
    const question = JSON.stringify([url, credentials, model, alias, wakeToken]);
    const last = this.#polls.get(name);
    const startedAt = this.#clock.monotonic();
    if (last?.question === question && startedAt < last.dueAt) return last.reading;
    const reading = await this.#ask(object);
    const answered = reading.kind === 'version' || reading.kind === 'absent';
    const failures = answered ? 0 : (last?.failures ?? 0) + 1;
    const interval = pollSeconds * 1000;
    const retry = Math.min(interval, RETRY_MILLISECONDS * 2 ** (failures - 1));
    const dueAt = answered ? startedAt + interval : this.#clock.monotonic() + retry;
    this.#polls.set(name, { question, dueAt, failures, reading });
    return reading;
  }

  /** Milliseconds until the next read of the alias. */
  dueMilliseconds({ metadata }: ModelDeployment): number {
    const dueAt = this.#polls.get(metadata.name)?.dueAt ?? 0;
    return Math.max(0, dueAt - this.#clock.monotonic());
  }

  forget(name: string): void {
    this.#polls.delete(name);
  }

  async #ask({ spec }: ModelDeployment): Promise<AliasReading> {
    try {
      return await this.#registry.readAlias(spec.registry, spec.model, spec.registry.alias);
    } catch (error) {
      return { kind: 'unreachable', message: unexpectedMessage('MLflow', error) };
    }
  }
}
