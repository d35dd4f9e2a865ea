import { beforeEach, describe, expect, test } from '@jest/globals';
import { FINALIZER, WebhookRegistration } from '../../../../operators/rollout/webhook/registration.ts';
import { createLogger } from '../../../../services/shared/logging.ts';
import type { ModelDeployment } from '../../../../services/shared/model-deployment/model-deployment.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { RolloutWorld, SPEC } from '../../../support/rollout-world.ts';

const TARGET = { url: 'http://rollout:8080/webhooks/mlflow', secret: 'a-secret-of-some-length' };

let clock: ManualClock;
let calls: string[];
let registryDown: boolean;
let others: ModelDeployment[];

beforeEach(() => {
  clock = new ManualClock();
  calls = [];
  registryDown = false;
  others = [];
});

function registration(target: typeof TARGET | null = TARGET): WebhookRegistration {
  const world = new RolloutWorld();
  const call = async (name: string) => {
    calls.push(name);
    if (registryDown) throw new Error('registry down');
  };
  return new WebhookRegistration({
    cluster: Object.assign(world, {
      modelDeployments: () => others,
      setFinalizers: async (_object: ModelDeployment, finalizers: readonly string[]) => {
        calls.push(`finalizers [${finalizers}]`);
      },
    }),
    rows: { ensure: () => call('ensure'), remove: () => call('remove') },
    target: target ?? undefined,
    clock,
    logger: createLogger({ component: 'test', level: 'silent' }),
  });
}

function object(metadata: Partial<ModelDeployment['metadata']> = {}): ModelDeployment {
  return { metadata: { name: 'loan', ...metadata }, spec: SPEC };
}

const claimed = object({ finalizers: [FINALIZER] });
const deleted = object({ finalizers: ['other', FINALIZER], deletionTimestamp: '2026-01-01T00:00:00Z' });

describe('the webhook row', () => {
  test('is written only once the finalizer is there, and looked after from time to time', async () => {
    const webhooks = registration();
    expect(await webhooks.claim(object({ finalizers: ['other'] }))).toBe(true);
    expect(calls).toEqual([`finalizers [other,${FINALIZER}]`]);
    expect(await webhooks.claim(claimed)).toBe(false);
    expect(await webhooks.claim(claimed)).toBe(false);
    expect(calls.slice(1)).toEqual(['ensure']);
    clock.advance(600_000);
    await webhooks.claim(claimed);
    expect(calls.slice(1)).toEqual(['ensure', 'ensure']);
  });

  test('that cannot be written does not disturb, and is tried again', async () => {
    const webhooks = registration();
    registryDown = true;
    expect(await webhooks.claim(claimed)).toBe(false);
    expect(await webhooks.claim(claimed)).toBe(false);
    registryDown = false;
    clock.advance(60_000);
    await webhooks.claim(claimed);
    expect(calls).toEqual(['ensure', 'ensure']);
  });

  test('goes with its last user, and then the finalizer', async () => {
    expect(await registration().release(deleted)).toBeUndefined();
    expect(calls).toEqual(['remove', 'finalizers [other]']);
  });

  test('stays where another ModelDeployment needs it', async () => {
    others = [object({ name: 'another' })];
    expect(await registration().release(deleted)).toBeUndefined();
    expect(calls).toEqual(['finalizers [other]']);
  });

  test('never holds a deletion up for long', async () => {
    const webhooks = registration();
    registryDown = true;
    expect(await webhooks.release(deleted)).toBe(5_000);
    expect(calls).toEqual(['remove']);
    clock.advance(30_000);
    expect(await webhooks.release(deleted)).toBeUndefined();
    expect(calls).toEqual(['remove', 'remove', 'finalizers [other]']);
  });

  test('is not wanted without a webhook, and what an earlier configuration left is cleared', async () => {
    const webhooks = registration(null);
    expect(await webhooks.claim(object())).toBe(false);
    expect(calls).toEqual([]);
    await webhooks.release(deleted);
    expect(calls).toEqual(['remove', 'finalizers [other]']);
  });

  test('of an object without the finalizer is none of our business', async () => {
    await registration().release(object({ deletionTimestamp: '2026-01-01T00:00:00Z' }));
    expect(calls).toEqual([]);
  });
});
