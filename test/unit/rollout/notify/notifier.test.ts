import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Notifier } from '../../../../operators/rollout/notify/notifier.ts';
import { slackText, textOf } from '../../../../operators/rollout/notify/text.ts';
import { HostList } from '../../../../operators/rollout/servers/host-list.ts';
import type { TransitionRecord } from '../../../../services/shared/agreements/audit-record.ts';
import { KubernetesError } from '../../../../services/shared/kubernetes/kubernetes-error.ts';
import { createLogger } from '../../../../services/shared/logging.ts';
import {
  type Notification,
  notifications,
} from '../../../../services/shared/model-deployment/notifications.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { passBackoffs } from '../../../support/pass-backoffs.ts';

const RECORD: TransitionRecord = {
  kind: 'transition',
  schemaVersion: 1,
  namespace: 'loan-eligibility',
  name: 'loan',
  uid: 'f3d1',
  model: 'loan-eligibility',
  sequence: 7,
  at: '2026-01-01T00:00:00.000Z',
  reason: 'RolledBack',
  message: 'version 6 serves',
  phase: 'RolledBack',
  stable: '6',
  by: 'the operator',
};

/** More than the notifier ever waits between two tries. */
const LONGEST_BACKOFF_MILLISECONDS = 130_000;

interface Posted {
  readonly path: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

let server: Server;
let posted: Posted[];
let answers: number[];
let results: string[];
let log: string[];
let secret: Record<string, string> | undefined;

beforeEach(async () => {
  [posted, answers, results, log] = [[], [], [], []];
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    posted.push({ path: request.url, headers: request.headers, body });
    response.writeHead(answers.shift() ?? 200, { location: '/elsewhere' }).end('answer');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  secret = { url: `${url()}/services/T0/hidden`, key: 'signing-key' };
});

afterEach(() => new Promise((resolve) => server.close(resolve)));

function url(): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function notification(change: object = {}): Notification {
  const [parsed] = notifications.parse([
    { name: 'team', type: 'slack', secret: { name: 'notifications', key: 'url' }, ...change },
  ]);
  return parsed as Notification;
}

function start(allowed = '127.0.0.1', beforeSecret = async (_signal?: AbortSignal) => {}) {
  const clock = new ManualClock();
  const notifier = new Notifier({
    client: {
      get: async <T>(_path: string, signal?: AbortSignal) => {
        await beforeSecret(signal);
        if (secret === undefined) throw new KubernetesError('gone', { status: 404, reason: 'NotFound' });
        const entries = Object.entries(secret).map(([key, text]) => [
          key,
          Buffer.from(text).toString('base64'),
        ]);
        return { data: Object.fromEntries(entries) } as T;
      },
    },
    namespace: 'loan-eligibility',
    hosts: new HostList({
      setting: 'NOTIFICATION_HOSTS',
      field: 'the Secret of spec.notifications',
      isSecretUrl: true,
      allowed: [{ host: allowed, port: undefined }],
    }),
    clock,
    logger: createLogger({
      component: 'test',
      level: 'info',
      destination: { write: (line) => log.push(line) },
    }),
    onResult: (result) => results.push(result),
  });
  const settled = (count: number) =>
    passBackoffs(
      clock,
      'the end',
      () => results.filter((result) => result !== 'failed').length === count,
      LONGEST_BACKOFF_MILLISECONDS,
    );
  return { notifier, settled, clock };
}

describe('a notification', () => {
  test('tells Slack the text, without links and mentions of a quoted text', async () => {
    const { notifier, settled } = start();
    notifier.take([notification()], { ...RECORD, message: 'paused by <!channel> & <http://bad|x>' });
    await settled(1);
    expect(posted[0]?.path).toBe('/services/T0/hidden');
    expect(JSON.parse(posted[0]?.body ?? '')).toEqual({
      text: 'loan-eligibility/loan: RolledBack: paused by &lt;!channel&gt; &amp; &lt;http://bad|x&gt; (by the operator)',
    });
  });

  test('sends a webhook the whole record, signed so that the receiver can check it', async () => {
    const { notifier, settled } = start();
    const webhook = { type: 'webhook', secret: { name: 'notifications', key: 'url', signingKey: 'key' } };
    notifier.take([notification(webhook)], RECORD);
    await settled(1);
    const { headers, body = '' } = posted[0] ?? {};
    expect(JSON.parse(body)).toMatchObject({ notification: 'team', record: RECORD });
    const signed = `${headers?.['webhook-id']}.${headers?.['webhook-timestamp']}.${body}`;
    const expected = createHmac('sha256', 'signing-key').update(signed).digest('base64');
    expect(headers?.['webhook-signature']).toBe(`v1,${expected}`);
    expect(headers?.['webhook-id']).toBe('f3d1-7');
  });

  test('goes to a URL whose query holds its password, and no log shows it', async () => {
    answers = [401];
    secret = { url: `${url()}/v1/spaces/AAA/messages?key=hidden&token=hidden%3D` };
    const { notifier, settled } = start();
    notifier.take([notification()], RECORD);
    notifier.take([notification()], { ...RECORD, sequence: 8 });
    await settled(2);
    expect(posted.at(-1)?.path).toBe('/v1/spaces/AAA/messages?key=hidden&token=hidden%3D');
    expect(results).toEqual(['failed', 'dropped', 'sent']);
    expect(log.join()).not.toContain('hidden');
  });

  test('is signed with the bytes of a key that begins with whsec_, as libraries for Standard Webhooks do', async () => {
    const bytes = Buffer.from([0, 255, 128, 7, 13, 10, 200, 64]);
    secret = { ...secret, key: `whsec_${bytes.toString('base64')}` };
    const { notifier, settled } = start();
    const webhook = { type: 'webhook', secret: { name: 'notifications', key: 'url', signingKey: 'key' } };
    notifier.take([notification(webhook)], RECORD);
    await settled(1);
    const { headers, body = '' } = posted[0] ?? {};
    const signed = `${headers?.['webhook-id']}.${headers?.['webhook-timestamp']}.${body}`;
    const expected = createHmac('sha256', bytes).update(signed).digest('base64');
    expect(headers?.['webhook-signature']).toBe(`v1,${expected}`);
  });

  test('is not sent with a key that begins with whsec_ and is no base64', async () => {
    secret = { ...secret, key: 'whsec_hidden key' };
    const { notifier, settled } = start();
    const webhook = { type: 'webhook', secret: { name: 'notifications', key: 'url', signingKey: 'key' } };
    notifier.take([notification(webhook)], RECORD);
    await settled(1);
    expect([posted, results]).toEqual([[], ['failed', 'dropped']]);
    expect(log.join()).toContain('entry key of the Secret notifications begins with whsec_');
    expect(log.join()).not.toContain('hidden');
  });

  test('is not sent for a reason that it does not name', async () => {
    const { notifier, settled } = start();
    notifier.take([notification({ on: ['Promoted'] })], RECORD);
    notifier.take([notification({ on: ['Promoted'] })], { ...RECORD, reason: 'Promoted' });
    await settled(1);
    expect(posted).toHaveLength(1);
  });

  test('is tried again while the target is away, and the next one waits for it', async () => {
    answers = [503, 429, 200];
    const { notifier, settled } = start();
    notifier.take([notification()], RECORD);
    notifier.take([notification()], { ...RECORD, sequence: 8, message: 'the next' });
    await settled(2);
    expect(results).toEqual(['failed', 'failed', 'sent', 'sent']);
    expect(posted.at(-1)?.body).toContain('the next');
  });

  test('is left out after eight tries, and the log names the host and nothing more of the URL', async () => {
    answers = Array.from({ length: 20 }, () => 500);
    const { notifier, settled } = start();
    notifier.take([notification()], RECORD);
    await settled(1);
    expect([posted.length, results.at(-1)]).toEqual([8, 'dropped']);
    expect(log.join()).toContain('answered 500');
    expect(log.join()).not.toContain('hidden');
  });

  test.each([
    ['a refusal', () => answers.push(403), 1, 'answered 403'],
    ['a redirect', () => answers.push(302), 1, 'answered 302'],
    ['a missing Secret', () => (secret = undefined), 0, 'does not exist'],
    ['a missing entry', () => (secret = {}), 0, 'has no entry url'],
    ['a text that is no URL', () => (secret = { url: 'hidden' }), 0, 'is not a URL'],
  ])('is not tried again after %s', async (_what, spoil, posts, why) => {
    spoil();
    const { notifier, settled } = start();
    notifier.take([notification()], RECORD);
    await settled(1);
    expect(posted).toHaveLength(posts);
    expect(results).toEqual(['failed', 'dropped']);
    expect(log.join()).toContain(why);
  });

  test('goes to no host that the setting does not list', async () => {
    const { notifier, settled } = start('hooks.slack.com');
    notifier.take([notification()], RECORD);
    await settled(1);
    expect(posted).toEqual([]);
    expect(log.join()).toContain('NOTIFICATION_HOSTS');
    expect(log.join()).not.toContain('hidden');
  });

  test('that waited for a quarter of an hour is left out, and the newest goes at once', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { notifier, settled, clock } = start('127.0.0.1', () => promise);
    for (let sequence = 1; sequence <= 3; sequence++)
      notifier.take([notification()], { ...RECORD, sequence, message: `news ${sequence}` });
    clock.advance(16 * 60_000);
    notifier.take([notification()], { ...RECORD, sequence: 4, message: 'the newest' });
    resolve();
    await settled(4);
    expect(results).toEqual(['sent', 'dropped', 'dropped', 'sent']);
    expect(posted.at(-1)?.body).toContain('the newest');
  });

  test('of the newest transitions is kept if too many wait', async () => {
    answers = [503];
    const { notifier, settled } = start();
    for (let sequence = 1; sequence <= 60; sequence++)
      notifier.take([notification()], { ...RECORD, sequence, message: `news ${sequence}.` });
    await settled(60);
    const news = posted.slice(1).map(({ body }) => Number(/news (\d+)/.exec(body)?.[1]));
    expect(news).toEqual([1, ...Array.from({ length: 49 }, (_, index) => index + 12)]);
  });

  test('whose Secret is not answered does not delay the end of the operator', async () => {
    const { notifier } = start(
      '127.0.0.1',
      (signal) =>
        new Promise((_, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason));
        }),
    );
    notifier.take([notification()], RECORD);
    await notifier.stop();
    expect(posted).toEqual([]);
  });

  test('does not delay the end of the operator', async () => {
    answers = Array.from({ length: 20 }, () => 500);
    const { notifier } = start();
    notifier.take([notification()], RECORD);
    await notifier.stop();
    notifier.take([notification()], RECORD);
    expect(results).not.toContain('sent');
  });
});

test('a value that looks like a placeholder is not filled in again, and every text is bounded', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 5_000 }), (message) => {
      const text = textOf('{{message}}{{weight}}', { ...RECORD, message: `{{by}}${message}` });
      expect(text.startsWith('{{by}}')).toBe(true);
      expect(text.length).toBeLessThanOrEqual(3_000);
      expect(slackText(text)).not.toMatch(/[<>]/);
    }),
  );
  expect(textOf('{{candidate}} at {{weight}} %', RECORD)).toBe('- at - %');
});
