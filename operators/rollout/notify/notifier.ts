import type { TransitionRecord } from '../../../services/shared/agreements/audit-record.ts';
import { backoffMilliseconds } from '../../../services/shared/backoff.ts';
import type { Clock } from '../../../services/shared/clock.ts';
import type { KubernetesClient } from '../../../services/shared/kubernetes/kubernetes-client.ts';
import type { Logger } from '../../../services/shared/logging.ts';
import type { Notification } from '../../../services/shared/model-deployment/notifications.ts';
import type { HostList } from '../servers/host-list.ts';
import { deliveryOf } from './delivery.ts';
import { NotificationSecretError, targetOf } from './notification-secrets.ts';

export interface NotifierOptions {
  readonly client: Pick<KubernetesClient, 'get'>;
  readonly namespace: string;
  readonly hosts: HostList;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onResult: (result: 'sent' | 'failed' | 'dropped') => void;
}

/** Tries of one notification, over about ten minutes. */
const TRIES = 8;
/** News that waited longer for its first try helps nobody, and the record has it. */
const NEWS_MILLISECONDS = 15 * 60_000;
const BACKOFF = { baseMilliseconds: 2_000, maximumMilliseconds: 120_000 };
const TIMEOUT_MILLISECONDS = 10_000;
/** Notifications that wait for one target. */
const WAITING = 50;

/** The target refuses the notification for good, or the operator may not call it. */
class Refusal extends Error {}

interface News {
  readonly notification: Notification;
  readonly record: TransitionRecord;
  /** By the monotonic clock, in milliseconds. */
  readonly takenAt: number;
}

interface Lane {
  readonly waiting: News[];
  running?: Promise<void>;
}

/**
 * Tells people of transitions. The transitions of one notification go one after the other. A target that fails is tried
 * again with back-off and then left out, because the audit record has every transition.
 */
export class Notifier {
  readonly #options: NotifierOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #stopping = new AbortController();

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  take(notifications: readonly Notification[], record: TransitionRecord): void {
    for (const notification of notifications) {
      if (!notification.on.includes(record.reason) || this.#stopping.signal.aborted) continue;
      const id = `${record.uid} ${notification.name}`;
      const lane: Lane = this.#lanes.get(id) ?? { waiting: [] };
      this.#lanes.set(id, lane);
      // The first may be on its way. Of the others the oldest helps least.
      const [oldest] = lane.waiting.length < WAITING ? [] : lane.waiting.splice(1, 1);
      if (oldest !== undefined)
        this.#drop(oldest.notification, oldest.record, 'too many notifications wait for this target');
      lane.waiting.push({ notification, record, takenAt: this.#options.clock.monotonic() });
      lane.running ??= this.#run(id, lane);
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the operator is stopping'));
    await Promise.all([...this.#lanes.values()].map(({ running }) => running));
  }

  async #run(id: string, { waiting }: Lane): Promise<void> {
    const { clock } = this.#options;
    for (let next = waiting[0]; next !== undefined && !this.#stopping.signal.aborted; next = waiting[0]) {
      const { notification, record, takenAt } = next;
      if (clock.monotonic() - takenAt > NEWS_MILLISECONDS)
        this.#drop(notification, record, 'it waited too long for the ones before it');
      else await this.#deliver(notification, record);
      waiting.shift();
    }
    this.#lanes.delete(id);
  }

  async #deliver(notification: Notification, record: TransitionRecord): Promise<void> {
    const { clock, onResult } = this.#options;
    for (let tries = 1; !this.#stopping.signal.aborted; tries++) {
      try {
        await this.#post(notification, record);
        return onResult('sent');
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        onResult('failed');
        const { message } = error as Error;
        if (error instanceof Refusal || tries === TRIES) return this.#drop(notification, record, message);
        await clock.sleep(backoffMilliseconds(tries, BACKOFF), this.#stopping.signal).catch(() => {});
      }
    }
  }

  /** The URL may be a password, so no error and no log names more of it than its host. */
  async #post(notification: Notification, record: TransitionRecord): Promise<void> {
    const { client, namespace, hosts, clock } = this.#options;
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(TIMEOUT_MILLISECONDS)]);
    const target = targetOf(client, namespace, notification, signal);
    const { url, signingKey } = await target.catch((error: Error) => {
      throw error instanceof NotificationSecretError ? new Refusal(error.message) : error;
    });
    const refused = hosts.refusal(url);
    if (refused !== undefined) throw new Refusal(refused);
    const { headers, body } = deliveryOf(notification, record, signingKey, clock.now());
    const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal }).catch(
      (error: Error) => {
        const { code = error.name } = (error.cause ?? {}) as NodeJS.ErrnoException;
        throw new Error(`${new URL(url).host} does not answer: ${code}`);
      },
    );
    await answer.body?.cancel();
    if (answer.ok) return;
    const message = `${new URL(url).host} answered ${answer.status}`;
    throw isPassing(answer.status) ? new Error(message) : new Refusal(message);
  }

  #drop({ name }: Notification, { uid, sequence, reason }: TransitionRecord, why: string): void {
    this.#options.onResult('dropped');
    this.#options.logger.warn(
      { notification: name, uid, sequence, reason, why },
      'a notification was not delivered; the audit record has the transition',
    );
  }
}

/** Whether a later try may succeed. */
function isPassing(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}
