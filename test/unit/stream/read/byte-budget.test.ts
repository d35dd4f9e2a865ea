import { describe, expect, test } from '@jest/globals';
import { ByteBudget } from '../../../../services/stream/read/byte-budget.ts';

const { signal } = new AbortController();

describe('byte budget', () => {
  test('makes readers wait, in order, until enough bytes are given back', async () => {
    const budget = new ByteBudget(100);
    const granted: string[] = [];
    await budget.reserve(80, signal);
    const first = budget.reserve(50, signal).then(() => granted.push('first'));
    const second = budget.reserve(10, signal).then(() => granted.push('second'));
    await Promise.resolve();
    expect(granted).toEqual([]);
    budget.add(-80);
    await Promise.all([first, second]);
    expect(granted).toEqual(['first', 'second']);
    expect(budget.usedBytes).toBe(60);
  });

  test('grants a reservation above the limit when nothing else is in flight', async () => {
    const budget = new ByteBudget(100);
    await budget.reserve(500, signal);
    expect(budget.usedBytes).toBe(500);
  });

  test('a reader that is stopped while it waits holds up no other reader', async () => {
    const budget = new ByteBudget(100);
    await budget.reserve(50, signal);
    const stop = new AbortController();
    const stopped = budget.reserve(90, stop.signal);
    const next = budget.reserve(50, signal);
    stop.abort(new Error('stopped'));
    await expect(stopped).rejects.toThrow('stopped');
    await next;
    expect(budget.usedBytes).toBe(100);
  });
});
