import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ByteBudget, type ByteShare } from '../../../../services/stream/read/byte-budget.ts';

const { signal } = new AbortController();
const MEGABYTE = 1_000_000;
const LEAST = 64 * 1024;

/** `count` shards that share a budget, each with `usedBytes` in flight. */
function shardsOf(limitBytes: number, ...usedBytes: number[]) {
  const budget = new ByteBudget(limitBytes);
  const shares = usedBytes.map(() => budget.share());
  for (const [index, bytes] of usedBytes.entries()) shares[index]?.add(bytes);
  return { budget, shares };
}

describe('byte budget', () => {
  test('grants a shard its share and the common half', async () => {
    const { budget, shares } = shardsOf(8 * MEGABYTE, 0, 0);
    expect(await shares[0]?.reserve(6 * MEGABYTE, signal)).toBe(6 * MEGABYTE);
    expect(budget.usedBytes).toBe(6 * MEGABYTE);
  });

  test('makes a shard with records in flight wait, in order, until enough bytes are given back', async () => {
    const { shares } = shardsOf(8 * MEGABYTE, 6 * MEGABYTE, 2 * MEGABYTE, 2 * MEGABYTE);
    const [stuck, first, second] = shares;
    const granted: string[] = [];
    const waits = [
      first?.reserve(MEGABYTE, signal).then(() => granted.push('first')),
      second?.reserve(MEGABYTE / 2, signal).then(() => granted.push('second')),
    ];
    await Promise.resolve();
    expect(granted).toEqual([]);
    stuck?.add(-6 * MEGABYTE);
    await Promise.all(waits);
    expect(granted).toEqual(['first', 'second']);
  });

  test('a stuck shard leaves every other shard its share', async () => {
    const { shares } = shardsOf(8 * MEGABYTE, 6 * MEGABYTE, 0, 0, 0);
    for (const share of shares.slice(1)) expect(await share.reserve(5 * MEGABYTE, signal)).toBe(MEGABYTE);
  });

  test('a shard with nothing in flight may read, however many shards there are', async () => {
    const { shares } = shardsOf(MEGABYTE, ...new Array<number>(100).fill(0));
    for (const share of shares) await expect(share.reserve(LEAST, signal)).resolves.toBe(LEAST);
  });

  test('a reader that is stopped while it waits holds up no other reader', async () => {
    const { budget, shares } = shardsOf(8 * MEGABYTE, 6 * MEGABYTE, 2 * MEGABYTE);
    const stop = new AbortController();
    const stopped = shares[1]?.reserve(3 * MEGABYTE, stop.signal);
    const next = shares[0]?.reserve(MEGABYTE, signal);
    stop.abort(new Error('stopped'));
    await expect(stopped).rejects.toThrow('stopped');
    shares[1]?.close();
    await expect(next).resolves.toBe(MEGABYTE);
    shares[0]?.close();
    expect(budget.usedBytes).toBe(0);
  });

  test('what a closed share corrects later does not count', async () => {
    const { budget, shares } = shardsOf(8 * MEGABYTE, 6 * MEGABYTE);
    const waiting = shares[0]?.reserve(3 * MEGABYTE, signal);
    shares[0]?.close();
    shares[0]?.add(-MEGABYTE);
    await expect(waiting).rejects.toThrow('closed');
    expect(budget.usedBytes).toBe(0);
  });

  test('tells a share that it waits, until the wait ends', async () => {
    const { shares } = shardsOf(8 * MEGABYTE, 8 * MEGABYTE);
    const [share] = shares as [ByteShare];
    const waits: Promise<unknown>[] = [];
    share.onWait = (wait) => waits.push(wait);
    const granted = share.reserve(MEGABYTE, signal);
    expect(share.isWaiting).toBe(true);
    share.add(-8 * MEGABYTE);
    expect(share.isWaiting).toBe(false);
    expect([await granted, await waits[0], waits.length]).toEqual([MEGABYTE, MEGABYTE, 1]);
  });
});

/** A shard that reserves, works and confirms in random steps. A stuck shard never confirms. */
interface Step {
  readonly shard: number;
  readonly action: 'reserve' | 'confirm' | 'abort' | 'leave';
  readonly bytes: number;
}

describe('whatever the shards do', () => {
  const steps = fc.array(
    fc.record({
      shard: fc.nat(5),
      action: fc.constantFrom<Step['action']>('reserve', 'reserve', 'confirm', 'confirm', 'abort', 'leave'),
      bytes: fc.integer({ min: 1, max: 2 * MEGABYTE }),
    }),
    { maxLength: 60 },
  );
  const limit = 4 * MEGABYTE;

  test('the limit holds, every shard goes on once its own work is done, and nothing leaks', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(5), async (plan, stuck) => {
        const budget = new ByteBudget(limit);
        const shards = Array.from({ length: 6 }, () => new PlayedShard(budget));
        let left = 0;
        for (const { shard: index, action, bytes } of plan) {
          const shard = shards[index] as PlayedShard;
          if (action === 'reserve') shard.reserve(bytes);
          else if (action === 'abort') shard.abort();
          else if (action === 'leave') {
            shard.leave();
            left++;
          } else if (index !== stuck) shard.confirm();
          await new Promise(setImmediate);
          // While a shard is away the shares of the others are larger. When it is back, it has a share as well.
          expect(budget.usedBytes).toBeLessThanOrEqual(left === 0 ? limit : 1.5 * limit);
        }
        for (const [index, shard] of shards.entries()) {
          if (index === stuck) continue;
          shard.confirm();
          await new Promise(setImmediate);
          expect(shard.isWaiting).toBe(false);
          shard.confirm();
          expect(await shard.tryReserve(MEGABYTE)).toBeGreaterThanOrEqual(Math.floor(limit / 12));
        }
        for (const shard of shards) shard.leave();
        await new Promise(setImmediate);
        expect(budget.usedBytes).toBe(0);
      }),
      { numRuns: 200, interruptAfterTimeLimit: 3_000, markInterruptAsFailure: false },
    );
  });
});

class PlayedShard {
  readonly #budget: ByteBudget;
  #share: ByteShare;
  #stop = new AbortController();
  isWaiting = false;

  constructor(budget: ByteBudget) {
    this.#budget = budget;
    this.#share = budget.share();
  }

  reserve(bytes: number): void {
    if (this.isWaiting) return;
    this.isWaiting = true;
    const done = () => {
      this.isWaiting = false;
    };
    this.#share.reserve(bytes, this.#stop.signal).then(done, done);
  }

  tryReserve(bytes: number): Promise<number> {
    return this.#share.reserve(bytes, this.#stop.signal);
  }

  confirm(): void {
    this.#share.add(-this.#share.usedBytes);
  }

  abort(): void {
    this.#stop.abort(new Error('stopped'));
    this.#stop = new AbortController();
  }

  /** Another owner takes the shard, and this process takes it again. */
  leave(): void {
    this.abort();
    this.#share.close();
    this.#share = this.#budget.share();
  }
}
