import { describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { hexHashKey } from '../../../../services/stream/kpl/hash-ranges.ts';
import { createStreamMetrics } from '../../../../services/stream/metrics.ts';
import { type ForeignParts, partJudge } from '../../../../services/stream/shard/part-judge.ts';
import { metricValue } from '../../../support/model/decision-stack.ts';

const hashRange = { start: String(2n ** 100n), end: String(2n ** 120n) };

function judge(foreignParts: ForeignParts, range: typeof hashRange | undefined) {
  const metricsRegistry = new Registry();
  const metrics = createStreamMetrics(metricsRegistry);
  const of = partJudge({ shardId: 'shard-7', hashRange: range, foreignParts, metrics });
  const counted = () => metricValue(metricsRegistry, 'kinesis_foreign_parts_total', { action: foreignParts });
  return { verdict: (key: bigint) => of(hexHashKey(String(key))), counted };
}

describe('the judge of parts', () => {
  test.each(['decide', 'reject', 'drop'] as const)(
    'keeps parts of the shard, also at its borders: %s',
    async (it) => {
      const { verdict, counted } = judge(it, hashRange);
      expect([2n ** 100n, 2n ** 110n, 2n ** 120n].map(verdict)).toEqual(['keep', 'keep', 'keep']);
      expect(await counted()).toBeUndefined();
    },
  );

  test.each([
    ['decide', 'keep'],
    ['drop', 'drop'],
    ['reject', { code: 'foreign_part', message: expect.stringContaining('does not belong to shard-7') }],
  ] as const)('counts foreign parts: %s', async (foreignParts, expected) => {
    const { verdict, counted } = judge(foreignParts, hashRange);
    for (const key of [0n, 2n ** 100n - 1n, 2n ** 120n + 1n, 2n ** 128n - 1n]) {
      expect(verdict(key)).toEqual(expected);
    }
    expect(await counted()).toBe(4);
  });

  test('keeps every part if the range of the shard is unknown', () => {
    const { verdict } = judge('drop', undefined);
    expect(verdict(0n)).toBe('keep');
  });
});
