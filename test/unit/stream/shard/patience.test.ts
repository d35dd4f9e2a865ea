import { describe, expect, test } from '@jest/globals';
import { createLogger } from '../../../../services/shared/logging.ts';
import { Patience } from '../../../../services/stream/shard/patience.ts';
import { StreamHealth } from '../../../../services/stream/stream-health.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

function world() {
  const clock = new ManualClock();
  const health = new StreamHealth(() => {}, createLogger({ component: 'test', level: 'silent' }));
  return { clock, health, patience: new Patience({ shardId: 'shard-7', heldBytes: () => 5, clock, health }) };
}

describe('a shard that waits for its own records', () => {
  test('shows in the state after 30 seconds, until the wait is over', async () => {
    const { clock, health, patience } = world();
    const end = Promise.withResolvers<string>();
    const wait = patience.during(end.promise);
    clock.advance(29_999);
    await new Promise(setImmediate);
    expect(health.message).toBe('');
    clock.advance(1);
    await new Promise(setImmediate);
    expect(health.message).toMatch(/^shard-7 is not read for 30 s: 5 bytes are in flight/);
    end.resolve('over');
    expect(await wait).toBe('over');
    expect(health.message).toBe('');
    expect(clock.sleeping).toBe(0);
  });

  test('does not show if the wait ends in time, also by an error', async () => {
    const { clock, health, patience } = world();
    await expect(patience.during(Promise.reject(new Error('stopped')))).rejects.toThrow('stopped');
    clock.advance(60_000);
    await new Promise(setImmediate);
    expect(health.message).toBe('');
  });
});
