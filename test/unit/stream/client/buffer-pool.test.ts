import { expect, test } from '@jest/globals';
import { BufferPool } from '../../../../services/stream/client/buffer-pool.ts';

const KIB = 1024;

test('a returned buffer is taken again if it is large enough', () => {
  const pool = new BufferPool(1024 * KIB);
  const first = pool.take(300 * KIB);
  expect(first.length).toBeGreaterThanOrEqual(300 * KIB);
  pool.give(first);
  expect(pool.take(1024 * KIB).buffer).not.toBe(first.buffer);
  expect(pool.take(400 * KIB).buffer).toBe(first.buffer);
});

test('a buffer in use is not given to another caller', () => {
  const pool = new BufferPool(1024 * KIB);
  const first = pool.take(1);
  expect(pool.take(1).buffer).not.toBe(first.buffer);
  pool.give(first);
  const again = pool.take(1);
  expect(again.buffer).toBe(first.buffer);
  expect(pool.take(1).buffer).not.toBe(again.buffer);
});

test('a returned part returns the whole buffer', () => {
  const pool = new BufferPool(1024 * KIB);
  const whole = pool.take(300 * KIB);
  pool.give(whole.subarray(0, 10));
  expect(pool.take(300 * KIB).buffer).toBe(whole.buffer);
});

test('buffers above the limit go to the garbage collector, the longest unused first', () => {
  const pool = new BufferPool(1024 * KIB);
  const [first, second, third] = [pool.take(512 * KIB), pool.take(512 * KIB), pool.take(512 * KIB)];
  for (const buffer of [first, second, third]) pool.give(buffer);
  const kept = [pool.take(512 * KIB).buffer, pool.take(512 * KIB).buffer];
  expect(kept[0]).toBe(second.buffer);
  expect(kept[1]).toBe(third.buffer);
  const larger = Buffer.alloc(2048 * KIB);
  pool.give(larger);
  expect(pool.take(2048 * KIB).buffer).not.toBe(larger.buffer);
});
