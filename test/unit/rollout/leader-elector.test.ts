import { beforeEach, describe, expect, test } from '@jest/globals';
import { LeaderElector } from '../../../operators/rollout/leader-elector.ts';
import type { KubernetesClient } from '../../../services/shared/kubernetes/kubernetes-client.ts';
import { KubernetesError } from '../../../services/shared/kubernetes/kubernetes-error.ts';
import type { Lease } from '../../../services/shared/kubernetes/objects.ts';
import { createLogger } from '../../../services/shared/logging.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/until.ts';

const logger = createLogger({ component: 'test', level: 'silent' });

let clock: ManualClock;
let lease: Lease | undefined;
let down: boolean;
/** Time that each call needs. */
let slowMilliseconds: number;
let stop: AbortController;

beforeEach(() => {
  clock = new ManualClock();
  lease = undefined;
  down = false;
  slowMilliseconds = 0;
  stop = new AbortController();
});

/** One Lease. A write with a stale resourceVersion fails, like a write to the API server. */
const client = {
  get: async () => {
    await answer();
    if (lease === undefined) throw new KubernetesError('none', { status: 404, reason: 'NotFound' });
    return lease;
  },
  create: async (_path: string, object: Lease) => {
    await answer();
    if (lease !== undefined) throw new KubernetesError('exists', { status: 409, reason: 'AlreadyExists' });
    return write(object);
  },
  replace: async (_path: string, object: Lease) => {
    await answer();
    if (object.metadata.resourceVersion !== lease?.metadata.resourceVersion) {
      throw new KubernetesError('changed', { status: 409, reason: 'Conflict' });
    }
    return write(object);
  },
} as unknown as KubernetesClient;

async function answer(): Promise<void> {
  if (slowMilliseconds > 0) await clock.sleep(slowMilliseconds, stop.signal);
  if (down) throw new KubernetesError('no answer', { status: 0, reason: 'Unreachable' });
}

function write(object: Lease): Lease {
  const resourceVersion = String(Number(lease?.metadata.resourceVersion ?? 0) + 1);
  lease = { ...object, metadata: { ...object.metadata, uid: 'u', resourceVersion } };
  return lease;
}

function elector(identity: string): LeaderElector {
  return new LeaderElector({
    client,
    namespace: 'default',
    lease: 'rollout-leader',
    identity,
    clock,
    logger,
    durationMilliseconds: 10_000,
    renewDeadlineMilliseconds: 7_000,
    retryMilliseconds: 2_000,
  });
}

/** Lets time pass in small steps, so that every sleep ends on time. */
async function pass(milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 100) {
    clock.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('the election', () => {
  test('gives one leader, and the other waits while the Lease is renewed', async () => {
    const [first, second] = [elector('first'), elector('second')];
    await first.acquire(stop.signal);
    const holding = first.hold(stop.signal);
    const waiting = second.acquire(stop.signal).catch(() => {});
    await pass(60_000);
    expect([first.isLeader, second.isLeader]).toEqual([true, false]);
    expect(lease?.spec).toMatchObject({
      holderIdentity: 'first',
      leaseTransitions: 1,
      leaseDurationSeconds: 10,
    });
    stop.abort();
    await Promise.all([holding, waiting]);
  });

  test('passes to the other as soon as the leader releases', async () => {
    const [first, second] = [elector('first'), elector('second')];
    await first.acquire(stop.signal);
    const acquired = second.acquire(stop.signal);
    await first.release();
    expect(first.isLeader).toBe(false);
    await pass(2_500);
    await acquired;
    expect(second.isLeader).toBe(true);
    expect(lease?.spec).toMatchObject({ holderIdentity: 'second', leaseTransitions: 2 });
  });

  test('passes to the other after the leader died, measured on the clock of the other', async () => {
    await elector('dead').acquire(stop.signal);
    const leased = lease as Lease;
    lease = { ...leased, spec: { ...leased.spec, renewTime: '1999-01-01T00:00:00.000000Z' } };
    const second = elector('second');
    const acquired = second.acquire(stop.signal);
    await pass(9_000);
    expect(second.isLeader).toBe(false);
    await pass(4_000);
    await acquired;
    expect(second.isLeader).toBe(true);
  });

  test('is lost by a leader that cannot renew, before another may lead', async () => {
    const leader = elector('first');
    await leader.acquire(stop.signal);
    let lostAfter = Number.NaN;
    const start = clock.monotonic();
    const lost = leader.hold(stop.signal).catch((error: Error) => {
      lostAfter = clock.monotonic() - start;
      return error;
    });
    down = true;
    await pass(6_900);
    expect(leader.isLeader).toBe(true);
    await pass(200);
    expect(leader.isLeader).toBe(false);
    await pass(2_000);
    expect(await lost).toMatchObject({ message: expect.stringContaining('leadership lost') });
    expect(lostAfter).toBeLessThan(10_000);
  });

  test.each([1_000, 2_500, 3_000])('is kept if each call needs %i ms', async (milliseconds) => {
    const leader = elector('first');
    await leader.acquire(stop.signal);
    const lost = leader.hold(stop.signal).catch((error: Error) => error);
    slowMilliseconds = milliseconds;
    for (let second = 0; second < 60; second++) {
      await pass(1_000);
      expect(leader.isLeader).toBe(true);
    }
    stop.abort();
    expect(await lost).toBeUndefined();
  });

  test('is kept if another client annotates the Lease', async () => {
    const leader = elector('first');
    await leader.acquire(stop.signal);
    const lost = leader.hold(stop.signal).catch((error: Error) => error);
    for (let second = 0; second < 30; second++) {
      write({ ...(lease as Lease) });
      await pass(1_000);
      expect(leader.isLeader).toBe(true);
    }
    stop.abort();
    expect(await lost).toBeUndefined();
  });

  test('is lost by a leader if another has taken the Lease', async () => {
    const leader = elector('first');
    await leader.acquire(stop.signal);
    const lost = leader.hold(stop.signal).catch((error: Error) => error);
    write({ ...(lease as Lease), spec: { holderIdentity: 'second', renewTime: 'now' } });
    await pass(10_000);
    expect(await lost).toBeInstanceOf(Error);
    await leader.release();
    expect(lease?.spec?.holderIdentity).toBe('second');
  });

  test('waits for an API server that is unreachable', async () => {
    down = true;
    const leader = elector('first');
    const acquired = leader.acquire(stop.signal);
    await pass(10_000);
    down = false;
    await until('the leader leads', async () => {
      await pass(100);
      return leader.isLeader;
    });
    await acquired;
  });

  test('refuses a renewal deadline that is not below the duration', () => {
    const wrong = { durationMilliseconds: 5, renewDeadlineMilliseconds: 5 };
    const options = {
      client,
      namespace: 'n',
      lease: 'l',
      identity: 'i',
      clock,
      logger,
      retryMilliseconds: 1,
      ...wrong,
    };
    expect(() => new LeaderElector(options)).toThrow(
      'renewDeadlineMilliseconds 5 must be below durationMilliseconds 5',
    );
  });
});
