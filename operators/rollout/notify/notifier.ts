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

/** Tries of one notification, over about ten minutes. News that is older helps nobody, and the record has it. */
const TRIES = 8;
const BACKOFF = { baseMilliseconds: 2_000, maximumMilliseconds: 120_000 };
const TIMEOUT_MILLISECONDS = 10_000;
/** Notifications that wait for one target. */
const WAITING = 50;

/** The target refuses the notification for good, or the operator may not call it. */
class Refusal extends Error {}

interface Lane {
  readonly waiting: { readonly notification: Notification; readonly record: TransitionRecord }[];
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
      if (lane.waiting.length >= WAITING) {
        this.#drop(notification, record, 'too many notifications wait for this target');
        continue;
      }
      lane.waiting.push({ notification, record });
      lane.running ??= this.#run(id, lane);
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the operator is stopping'));
    await Promise.all([...this.#lanes.values()].map(({ running }) => running));
  }

  async #run(id: string, { waiting }: Lane): Promise<void> {
    for (let next = waiting[0]; next !== undefined && !this.#stopping.signal.aborted; next = waiting[0]) {
      await this.#deliver(next.notification, next.record);
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
    const { url, signingKey } = await targetOf(client, namespace, notification).catch((error: Error) => {
      throw error instanceof NotificationSecretError ? new Refusal(error.message) : error;
    });
    const refused = hosts.refusal(url);
    if (refused !== undefined) throw new Refusal(refused);
    const { headers, body } = deliveryOf(notification, record, signingKey, clock.now());
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(TIMEOUT_MILLISECONDS)]);
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
