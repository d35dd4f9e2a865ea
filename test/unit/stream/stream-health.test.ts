import { beforeEach, describe, expect, test } from '@jest/globals';
import type { DependencyState } from '../../../services/shared/dependency-state.ts';
import { KubernetesError } from '../../../services/shared/kubernetes/kubernetes-error.ts';
import { createLogger } from '../../../services/shared/logging.ts';
import { StreamError } from '../../../services/stream/client/stream-error.ts';
import { StreamHealth } from '../../../services/stream/stream-health.ts';

const forbidden = new KubernetesError('GET …/leases answered 403: leases is forbidden', {
  status: 403,
  reason: 'Forbidden',
});
const outage = new KubernetesError('GET …/leases got no answer', { status: 0, reason: 'Unreachable' });

let state: DependencyState;
let health: StreamHealth;

beforeEach(() => {
  const logger = createLogger({ component: 'test', level: 'silent' });
  health = new StreamHealth((reported) => {
    state = reported;
  }, logger);
});

describe('stream health', () => {
  test('is ok once the leases were listed and the shards are known', () => {
    expect(state).toEqual({ state: 'blocked' });
    health.succeeded('leases');
    expect(state).toEqual({ state: 'waiting' });
    health.started();
    expect(state).toEqual({ state: 'ok' });
  });

  test.each([
    ['forbidden', forbidden, /^leases: forbidden: GET …\/leases answered 403/],
    ['out of reach', outage, /^GET …\/leases got no answer/],
  ])('blocks while leases are %s and were never listed', (_what, error, message) => {
    health.failed('leases', error);
    expect(state).toEqual({ state: 'blocked', message: expect.stringMatching(message) });
    health.succeeded('leases');
    expect(state).toEqual({ state: 'waiting' });
  });

  test('blocks while leases can be listed but could never be written', () => {
    health.succeeded('leases');
    health.failed('membership', forbidden);
    health.started();
    expect(state).toEqual({ state: 'blocked', message: expect.stringMatching(/^leases: forbidden: /) });
    health.succeeded('membership');
    expect(state).toEqual({ state: 'ok' });
  });

  test.each([
    ['an outage', outage],
    ['a right that was taken back', forbidden],
  ])('does not block because of %s once the part has worked', (_what, error) => {
    for (const part of ['leases', 'membership']) health.succeeded(part);
    health.started();
    health.failed('membership', error);
    expect(state).toMatchObject({ state: 'degraded' });
  });

  test.each(['ResourceNotFoundException', 'AccessDeniedException'])(
    'blocks if the stream was never seen: %s',
    (name) => {
      health.succeeded('leases');
      health.failed('shards', StreamError.named('DescribeStreamSummary in', name, 'stream in'));
      expect(state).toEqual({ state: 'blocked', message: expect.stringContaining(`in: ${name}`) });
      health.succeeded('shards');
      health.started();
      expect(state).toEqual({ state: 'ok' });
      health.failed('shards', StreamError.named('ListShards in', name, 'stream in'));
      expect(state).toMatchObject({ state: 'degraded' });
    },
  );

  test('waits without blocking while only Kinesis is unavailable', () => {
    health.succeeded('leases');
    health.failed('shards', new Error('ECONNREFUSED'));
    expect(state).toEqual({ state: 'waiting', message: 'ECONNREFUSED (trying again)' });
  });

  test.each(['AccessDeniedException', 'KMSAccessDeniedException', 'KMSDisabledException'])(
    'blocks if no shard could ever be read: %s; a later refusal does not block',
    (name) => {
      const denied = StreamError.named('GetRecords', name, 'no');
      health.succeeded('leases');
      health.started();
      health.failed('read in shard-0', denied);
      expect(state).toEqual({ state: 'blocked', message: expect.stringContaining(`${name}: no`) });
      health.succeeded('read in shard-1');
      expect(state).toMatchObject({ state: 'degraded' });
      health.succeeded('read in shard-0');
      expect(state).toEqual({ state: 'ok' });
      health.failed('read in shard-2', denied);
      expect(state).toMatchObject({ state: 'degraded', message: expect.stringContaining(name) });
    },
  );

  test('what waits for a person says what to do, and not that it is tried again', () => {
    health.succeeded('leases');
    health.started();
    health.held('position shard-0', new Error('shard-0 is lost'), 'set ON_TRIMMED=continue');
    expect(state).toEqual({ state: 'degraded', message: 'shard-0 is lost; set ON_TRIMMED=continue' });
  });
});
