import { expect, test } from '@jest/globals';
import { awaitCanary } from '../../../../../services/inference/decision/route/await-canary.ts';
import { createLogger } from '../../../../../services/shared/logging.ts';
import { ManualClock } from '../../../../support/manual-clock.ts';

function waiting() {
  const clock = new ManualClock();
  const synced = Promise.withResolvers<void>();
  const settled = Promise.withResolvers<void>();
  const stop = new AbortController();
  let over = false;
  const done = awaitCanary({
    synced: synced.promise,
    router: { canarySettled: () => settled.promise },
    clock,
    logger: createLogger({ component: 'test', level: 'silent' }),
    signal: stop.signal,
  }).then(() => {
    over = true;
  });
  const isOver = async () => {
    await new Promise(setImmediate);
    return over;
  };
  return { clock, synced, settled, stop, done, isOver };
}

test('waits until the status is known and the canary that it names is settled', async () => {
  const { clock, synced, settled, done, isOver } = waiting();
  expect(await isOver()).toBe(false);
  synced.resolve();
  expect(await isOver()).toBe(false);
  settled.resolve();
  await done;
  expect(clock.nextWakeMilliseconds).toBeUndefined();
});

test.each(['known', 'unknown'])(
  'goes on without it after half a minute, the status being %s',
  async (status) => {
    const { clock, synced, done, isOver } = waiting();
    if (status === 'known') synced.resolve();
    await isOver();
    clock.advance(29_999);
    expect(await isOver()).toBe(false);
    clock.advance(1);
    await done;
  },
);

test('ends with the process', async () => {
  const { stop, done } = waiting();
  stop.abort(new Error('stopping'));
  await done;
});
