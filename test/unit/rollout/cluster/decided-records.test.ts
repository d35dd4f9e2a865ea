import { describe, expect, test } from '@jest/globals';
import { countsDecisions } from '../../../../operators/rollout/cluster/decided-records.ts';
import type { Pod } from '../../../../operators/rollout/cluster/objects.ts';
import { haveDecided } from '../../../../operators/rollout/cluster/pod-prober.ts';

async function* inChunks(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

const line = (version: string, value: string) =>
  `inference_decisions_total{role="stable",model_version="${version}",decision="true"} ${value}`;

describe('the metrics of a pod', () => {
  test.each([
    ['a decided record', line('2', '1'), true],
    ['a decided record with a time stamp', line('2', '3 1767225600000'), true],
    ['no decided record', line('2', '0'), false],
    ['a record of another version', line('22', '5'), false],
    ['another metric', line('2', '5').replace('decisions', 'group_decisions'), false],
    ['a comment', `# ${line('2', '5')}`, false],
    ['nothing', '', false],
  ])('count %s', async (_what, text, expected) => {
    for (const size of [1, 7, 10_000]) {
      expect(await countsDecisions(inChunks(`# HELP x\n${text}\nother 1\n`, size), '2')).toBe(expected);
    }
  });

  test('are read up to 1 MiB', async () => {
    let chunks = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        chunks++;
        yield Buffer.from('other_metric 1\n'.repeat(1000));
      }
    }
    expect(await countsDecisions(endless(), '2')).toBe(false);
    expect(chunks).toBeLessThan(100);
  });
});

test('at most 20 running pods are asked', async () => {
  const asked: string[] = [];
  const prober = {
    hasLoaded: async () => true,
    hasDecided: async (pod: Pod) => {
      asked.push(pod.metadata.name);
      return false;
    },
  };
  const running = { phase: 'Running', podIP: '10.0.0.1' };
  const pods: Pod[] = [
    { metadata: { name: 'pending' }, status: { phase: 'Pending' } },
    { metadata: { name: 'terminating', deletionTimestamp: '2026-01-01T00:00:00Z' }, status: running },
    ...Array.from({ length: 50 }, (_, index) => ({ metadata: { name: String(index) }, status: running })),
  ];
  expect(await haveDecided(prober, pods, 'inference', '2')).toBe(false);
  expect(asked).toHaveLength(20);
  expect(asked).not.toContain('pending');
  expect(asked).not.toContain('terminating');
});
