import { createHmac } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import express from 'express';
import { webhookReceiver } from '../../../../operators/rollout/webhook/receiver.ts';
import { SeenDeliveries } from '../../../../operators/rollout/webhook/seen-deliveries.ts';
import { HTTP_PATHS } from '../../../../services/shared/agreements/http-paths.ts';
import { createLogger } from '../../../../services/shared/logging.ts';
import type { ModelDeployment } from '../../../../services/shared/model-deployment/model-deployment.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { SPEC } from '../../../support/rollout-world.ts';

const SECRET = 'a-secret-of-some-length';
const BODY = JSON.stringify({
  entity: 'model_version_alias',
  action: 'created',
  data: { name: 'loan-eligibility', alias: 'champion', version: '7' },
});

let clock: ManualClock;
let server: Server;
let woken: string[];
let results: string[];
let wake: (name: string, id: string) => Promise<void>;

beforeEach(async () => {
  clock = new ManualClock();
  woken = [];
  results = [];
  wake = async (name, id) => {
    woken.push(`${name} ${id}`);
  };
  const named = (name: string, model: string, alias: string): ModelDeployment => ({
    metadata: { name },
    spec: { ...SPEC, model, registry: { ...SPEC.registry, alias } },
  });
  const app = express().use(
    webhookReceiver({
      secret: SECRET,
      clock,
      logger: createLogger({ component: 'test', level: 'silent' }),
      modelDeployments: () => [
        named('a', 'loan-eligibility', 'champion'),
        named('b', 'loan-eligibility', 'canary'),
        named('c', 'other', 'champion'),
      ],
      wake: (name, id) => wake(name, id),
      onDelivery: (result) => results.push(result),
    }),
  );
  server = await new Promise<Server>((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => resolve(listening));
  });
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

interface Sent {
  readonly id?: string;
  readonly timestamp?: string;
  readonly signature?: string;
  readonly secret?: string;
  readonly body?: string;
}

async function send(sent: Sent = {}): Promise<{ status: number; answer: unknown }> {
  const {
    id = 'delivery-1',
    timestamp = String(Math.floor(clock.now() / 1000)),
    secret = SECRET,
    body = BODY,
  } = sent;
  const signature =
    sent.signature ??
    `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  const { port } = server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}${HTTP_PATHS.mlflowWebhook}`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'X-MLflow-Delivery-Id': id,
      'X-MLflow-Timestamp': timestamp,
      'X-MLflow-Signature': signature,
    },
    body,
  });
  return { status: response.status, answer: await response.json() };
}

describe('the webhook', () => {
  test('wakes the ModelDeployments of that model and alias', async () => {
    expect(await send()).toEqual({ status: 200, answer: { woken: ['a'] } });
    expect(woken).toEqual(['a delivery-1']);
  });

  test('accepts a delivery once', async () => {
    await send();
    expect(await send()).toEqual({ status: 200, answer: { duplicate: true } });
    expect(woken).toHaveLength(1);
    expect(results).toEqual(['woken', 'duplicate']);
  });

  test.each<[string, Sent]>([
    ['another secret', { secret: 'another-secret-of-some-length' }],
    ['no signature', { signature: '' }],
    ['a signature of another scheme', { signature: 'v0,abc' }],
    ['a short signature', { signature: 'v1,YWJj' }],
    ['a timestamp that is not a number', { timestamp: 'yesterday' }],
    ['a time before the replay window', { timestamp: String(Date.UTC(2026, 0, 1) / 1000 - 601) }],
    ['a time after the replay window', { timestamp: String(Date.UTC(2026, 0, 1) / 1000 + 601) }],
  ])('refuses %s', async (_what, sent) => {
    expect((await send(sent)).status).toBe(401);
    expect(woken).toEqual([]);
  });

  test('accepts a retry within the replay window', async () => {
    const timestamp = String(clock.now() / 1000);
    clock.advance(599_000);
    expect((await send({ timestamp })).status).toBe(200);
  });

  test('refuses a body that was changed after signing, and a body that is not an alias event', async () => {
    const timestamp = String(clock.now() / 1000);
    const signature = `v1,${createHmac('sha256', SECRET).update(`delivery-1.${timestamp}.${BODY}`).digest('base64')}`;
    expect((await send({ signature, timestamp, body: BODY.replace('7', '8') })).status).toBe(401);
    expect((await send({ body: 'not json' })).status).toBe(400);
    expect((await send({ body: '{"data": 5}' })).status).toBe(400);
  });

  test('refuses a body above its limit without reading it', async () => {
    expect((await send({ body: 'x'.repeat(70_000) })).status).toBe(413);
    expect(results).toEqual(['refused']);
  });

  test('asks for a retry if the wake-up failed, and accepts the retry', async () => {
    wake = () => Promise.reject(new Error('no API server'));
    expect((await send()).status).toBe(503);
    wake = async (name) => {
      woken.push(name);
    };
    expect((await send()).status).toBe(200);
    expect(woken).toEqual(['a']);
  });
});

test('delivery ids are kept while a replay is possible, in bounded memory', () => {
  const seen = new SeenDeliveries(clock);
  seen.add('old');
  clock.advance(1_200_000);
  expect(seen.has('old')).toBe(true);
  clock.advance(1);
  expect(seen.has('old')).toBe(false);
  for (let id = 0; id < 10_001; id++) seen.add(String(id));
  expect(seen.has('0')).toBe(false);
  expect(seen.has('10000')).toBe(true);
});
