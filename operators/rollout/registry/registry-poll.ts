import type { ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';
import { WorkQueue, type WorkQueueOptions } from '../work-queue.ts';
import { CALLS_TO_ONE_SERVER, QUEUE_BACKOFF } from './background-calls.ts';

const RETRY_MILLISECONDS = 1_000;

/** What a read asks for. */
interface Question {
  /** Everything that the answer depends on. */
  readonly subject: string;
  /** Another token than before asks for a read now. */
  readonly wakeToken: string | undefined;
}

interface Poll<Reading> extends Question {
  readonly dueAt: number;
  /** Reads in a row that gave no answer. */
  readonly failures: number;
  /** When the read began, by the monotonic clock. */
  readonly readAt: number;
  readonly reading: Reading;
}

interface Read extends Question {
  readonly object: ModelDeployment;
  readonly askedAt: number;
}

export interface RegistryPollOptions<Reading> extends Pick<WorkQueueOptions, 'clock' | 'logger'> {
  /** Everything that the answer for the object depends on. */
  readonly subjectOf: (object: ModelDeployment) => string;
  /** Reads once. Never rejects. */
  readonly ask: (object: ModelDeployment) => Promise<Reading>;
  /** Whether the reading is an answer. A read without an answer is repeated sooner. */
  readonly isAnswer: (reading: Reading) => boolean;
  /** Time for which a caller should wait for the answer to a read that has begun, before it takes the former reading. */
  readonly patienceMilliseconds: number;
  /** An older reading is none. @default a reading of any age counts, because the newest is the best that is known */
  readonly maximumAgeMilliseconds?: (object: ModelDeployment) => number;
  /** Called at the end of each read, which is worth a reconcile. */
  readonly onRead: (name: string) => void;
}

/**
 * Reads something from MLflow for each ModelDeployment once in `pollSeconds`, however often it is reconciled. The reads run
 * in the background, a few for each MLflow server at a time. So no reconcile waits for a slow server. A read without an
 * answer is repeated with back-off, so that a short outage does not cost a whole interval or the wake-up of a webhook.
 */
export class RegistryPoll<Reading> {
  readonly #options: RegistryPollOptions<Reading>;
  readonly #polls = new Map<string, Poll<Reading>>();
  /** Reads that wait for their turn or for an answer. */
  readonly #reads = new Map<string, Read>();
  readonly #queue: WorkQueue;

  constructor(options: RegistryPollOptions<Reading>) {
    const { clock, logger } = options;
    this.#options = options;
    this.#queue = new WorkQueue({
      handle: (name) => this.#read(name),
      clock,
      logger,
      concurrency: CALLS_TO_ONE_SERVER,
      lane: (name) => this.#reads.get(name)?.object.spec.registry.url ?? '',
      backoff: QUEUE_BACKOFF,
    });
  }

  /**
   * The newest reading. Begins a read if one is due. Another `wakeToken` than before makes it due. Undefined if the caller
   * should come again after `dueMilliseconds`: while a read has just begun, and before the first read of this subject ends.
   */
  reading(object: ModelDeployment, wakeToken: string | undefined): Reading | undefined {
    const { name } = object.metadata;
    const subject = this.#options.subjectOf(object);
    const question = { subject, wakeToken };
    const last = this.#polls.get(name);
    const now = this.#options.clock.monotonic();
    const isDue = !asksTheSame(last, question) || now >= last.dueAt;
    if (isDue && !asksTheSame(this.#reads.get(name), question)) {
      const askedAt = this.#reads.get(name)?.askedAt ?? now;
      this.#reads.set(name, { ...question, object, askedAt });
      this.#queue.add(name);
    }
    if (this.#patienceMilliseconds(name) > 0) return undefined;
    const { maximumAgeMilliseconds = () => Number.POSITIVE_INFINITY } = this.#options;
    if (last?.subject !== subject || now - last.readAt > maximumAgeMilliseconds(object)) return undefined;
    return last.reading;
  }

  /** Milliseconds until the next reconcile for a read. The end of a read calls `onRead`, which may be sooner. */
  dueMilliseconds({ metadata, spec }: ModelDeployment): number {
    const interval = spec.registry.pollSeconds * 1000;
    if (this.#reads.has(metadata.name)) return this.#patienceMilliseconds(metadata.name) || interval;
    const dueAt = this.#polls.get(metadata.name)?.dueAt ?? 0;
    return Math.max(0, dueAt - this.#options.clock.monotonic());
  }

  forget(name: string): void {
    this.#polls.delete(name);
    this.#reads.delete(name);
  }

  /** Begins no further read. Resolves when the running reads have ended. */
  stop(): Promise<void> {
    return this.#queue.stop();
  }

  async #read(name: string): Promise<undefined> {
    const { clock, ask, isAnswer, onRead } = this.#options;
    const read = this.#reads.get(name);
    if (read === undefined) return;
    const { object, subject, wakeToken } = read;
    const startedAt = clock.monotonic();
    const reading = await ask(object);
    const waiting = this.#reads.get(name);
    // The object was deleted meanwhile.
    if (waiting === undefined) return;
    if (waiting === read) this.#reads.delete(name);
    const last = this.#polls.get(name);
    const answered = isAnswer(reading);
    const failures = answered ? 0 : (last?.failures ?? 0) + 1;
    const interval = object.spec.registry.pollSeconds * 1000;
    const retry = Math.min(interval, RETRY_MILLISECONDS * 2 ** (failures - 1));
    const dueAt = answered ? startedAt + interval : clock.monotonic() + retry;
    this.#polls.set(name, { subject, wakeToken, dueAt, failures, readAt: startedAt, reading });
    onRead(name);
  }

  #patienceMilliseconds(name: string): number {
    const { askedAt = Number.NEGATIVE_INFINITY } = this.#reads.get(name) ?? {};
    const { patienceMilliseconds, clock } = this.#options;
    return Math.max(0, askedAt + patienceMilliseconds - clock.monotonic());
  }
}

function asksTheSame<Asked extends Question>(before: Asked | undefined, now: Question): before is Asked {
  return before?.subject === now.subject && before.wakeToken === now.wakeToken;
}
