import { beforeEach, describe, expect, test } from '@jest/globals';
import { WorkQueue } from '../../../operators/rollout/work-queue.ts';
import { createLogger } from '../../../services/shared/logging.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const logger = createLogger({ component: 'test', level: 'silent' });

let clock: ManualClock;
let handled: string[];
let handle: (key: string) => Promise<number | undefined>;
let queue: WorkQueue;

beforeEach(() => {
  clock = new ManualClock();
  handled = [];
  handle = async () => undefined;
  queue = new WorkQueue({
    handle: (key) => {
      handled.push(key);
      return handle(key);
    },
    clock,
    logger,
    concurrency: 2,
    backoff: { baseMilliseconds: 100, maximumMilliseconds: 1000, random: () => 1 },
  });
});

/** Lets every pending promise callback run. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('a work queue', () => {
  test('handles a waiting key once, however often it was added', async () => {
    const gates = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    let call = 0;
    handle = () => gates[call++]?.promise ?? Promise.resolve(undefined);
    for (let add = 0; add < 5; add++) queue.add('a');
    expect(handled).toEqual(['a']);
    gates[0]?.resolve(undefined);
    await settle();
    expect(handled).toEqual(['a', 'a']);
    gates[1]?.resolve(undefined);
    await settle();
    expect(handled).toEqual(['a', 'a']);
  });

  test('never handles one key twice at once, and keeps to its concurrency', async () => {
    const gate = Promise.withResolvers<undefined>();
    handle = () => gate.promise;
    for (const key of ['a', 'a', 'b', 'c', 'd']) queue.add(key);
    await settle();
    expect(handled).toEqual(['a', 'b']);
    expect(queue.depth).toBe(3);
    gate.resolve(undefined);
    await settle();
    expect(handled.toSorted()).toEqual(['a', 'a', 'b', 'c', 'd']);
  });

  test('keeps a free slot for every lane, however many keys of another lane wait', async () => {
    const gate = Promise.withResolvers<undefined>();
    handle = (key) => (key.startsWith('slow') ? gate.promise : Promise.resolve(undefined));
    queue = new WorkQueue({
      handle: (key) => {
        handled.push(key);
        return handle(key);
      },
      clock,
      logger,
      concurrency: 2,
      lane: (key) => key.split(' ')[0] ?? '',
      backoff: { baseMilliseconds: 100, maximumMilliseconds: 1000, random: () => 1 },
    });
    for (const number of [1, 2, 3, 4, 5]) queue.add(`slow ${number}`);
    for (const number of [1, 2, 3]) queue.add(`fast ${number}`);
    await settle();
    expect(handled).toEqual(['slow 1', 'slow 2', 'fast 1', 'fast 2', 'fast 3']);
    gate.resolve(undefined);
    await settle();
    expect(handled.slice(5)).toEqual(['slow 3', 'slow 4', 'slow 5']);
  });

  test('handles a key again after the delay that its handler asks for', async () => {
    handle = async () => (handled.length === 1 ? 500 : undefined);
    queue.add('a');
    await settle();
    clock.advance(499);
    await settle();
    expect(handled).toEqual(['a']);
    clock.advance(1);
    await settle();
    expect(handled).toEqual(['a', 'a']);
    expect(clock.sleeping).toBe(0);
  });

  test('only shortens a delay, and an add replaces it', async () => {
    queue.addAfter('a', 500);
    queue.addAfter('a', 1000);
    queue.addAfter('a', 200);
    expect(clock.nextWakeMilliseconds).toBe(200);
    queue.add('a');
    await settle();
    expect(handled).toEqual(['a']);
    expect(clock.sleeping).toBe(0);
  });

  test('tries again with growing delays after a failure, and starts anew after a success', async () => {
    handle = async () => {
      if (handled.length < 4) throw new Error('no');
      return undefined;
    };
    queue.add('a');
    for (const delay of [100, 200, 400]) {
      await settle();
      expect(clock.nextWakeMilliseconds).toBe(delay);
      clock.advance(delay);
    }
    await settle();
    expect(handled).toHaveLength(4);
    handle = () => Promise.reject(new Error('no'));
    queue.add('a');
    await settle();
    expect(clock.nextWakeMilliseconds).toBe(100);
  });

  test('stops after its running handlers, and handles no further key', async () => {
    const gate = Promise.withResolvers<number>();
    handle = () => gate.promise;
    for (const key of ['a', 'b', 'c']) queue.add(key);
    queue.addAfter('d', 10);
    let stopped = false;
    const stopping = queue.stop().then(() => {
      stopped = true;
    });
    await settle();
    expect(stopped).toBe(false);
    gate.resolve(5);
    await stopping;
    queue.add('e');
    clock.advance(1000);
    await settle();
    expect(handled).toEqual(['a', 'b']);
    expect(clock.sleeping).toBe(0);
  });
});
