import { createHmac } from 'node:crypto';
import type { TransitionRecord } from '../../../services/shared/agreements/audit-record.ts';
import type { Notification } from '../../../services/shared/model-deployment/notifications.ts';
import { slackText, textOf } from './text.ts';

export interface Delivery {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * The request of a notification. A webhook is signed as Standard Webhooks says: HMAC-SHA256 over `ID.TIMESTAMP.BODY`. A
 * repeat has the same id.
 * @param signingKey undefined if the webhook is not signed
 * @param now milliseconds since the epoch
 */
export function deliveryOf(
  { name, type, template }: Notification,
  record: TransitionRecord,
  signingKey: Buffer | undefined,
  now: number,
): Delivery {
  const text = textOf(template, record);
  const json = { 'content-type': 'application/json' };
  if (type === 'slack') return { headers: json, body: JSON.stringify({ text: slackText(text) }) };
  const body = JSON.stringify({ notification: name, text, record });
  const id = `${record.uid}-${record.sequence}`;
  const seconds = String(Math.floor(now / 1000));
  const headers = { ...json, 'webhook-id': id, 'webhook-timestamp': seconds };
  if (signingKey === undefined) return { headers, body };
  const signature = createHmac('sha256', signingKey).update(`${id}.${seconds}.${body}`).digest('base64');
  return { headers: { ...headers, 'webhook-signature': `v1,${signature}` }, body };
}
