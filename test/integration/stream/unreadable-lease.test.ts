import { expect, test } from '@jest/globals';
import type { Lease } from '../../../services/shared/kubernetes/objects.ts';
import { metricValue } from '../../support/model/decision-stack.ts';
import { FIRST_SHARD, KEYS, twoShards } from '../../support/stream/two-shards.ts';
import { until } from '../../support/until.ts';

const PREFIX = 'stream.loan-eligibility.dev';
function annotated(object: Lease, annotations: Readonly<Record<string, string>>): Lease {
  const { metadata } = object;
  return { ...object, metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } } };
}

test('a Lease that cannot be read at the start holds up its own shard alone, is named, and is read once it is repaired', async () => {
  const { world, api, metricsRegistry, consume, lease, decided, put, message } = await twoShards();
  await using _ = world;
  const first = consume();
  put('before');
  await until('all is decided', () => decided('before') === KEYS.length);
  await first.stop();
  const good = lease();
  api.put(annotated(good, { [`${PREFIX}/checkpoint`]: 'LATEST' }));
  metricsRegistry.clear();
  consume();
  put('after');
  await until('the other shard is decided', () => decided('after') > 0);
  await until('the state', () => message().includes(`the Lease ${good.metadata.name} cannot be read`));
  expect(message()).toContain(
    `nobody reads shard ${FIRST_SHARD}: annotation ${PREFIX}/checkpoint: checkpoint "LATEST"`,
  );
  await until(
    'the metric',
    async () => (await metricValue(metricsRegistry, 'kinesis_unowned_shards', {})) === 1,
  );
  expect(await metricValue(metricsRegistry, 'kinesis_hash_range_gap_ratio', {})).toBe(0.5);
  expect(decided('after')).toBeLessThan(KEYS.length);
  api.put(annotated(lease(), { [`${PREFIX}/checkpoint`]: 'TRIM_HORIZON' }));
  await until('all is decided', () => decided('after') === KEYS.length);
  await until('the end of the problem', () => message() === '');
});

test('a Lease that breaks in use is named, and its owner stops within its lease', async () => {
  const { world, api, consume, lease, decided, put, message } = await twoShards();
  await using _ = world;
  const stream = consume();
  put('before');
  await until('all is decided', () => decided('before') === KEYS.length);
  api.put(annotated(lease(), { [`${PREFIX}/checkpoint`]: 'LATEST' }));
  await until('the state', () => message().includes(`nobody reads shard ${FIRST_SHARD}`));
  await until('the owner stops', () => stream.ownedShards.length === 1);
  api.put(annotated(lease(), { [`${PREFIX}/checkpoint`]: 'TRIM_HORIZON' }));
  put('after');
  await until('all is decided', () => decided('after') === KEYS.length);
  await until('the end of the problem', () => message() === '');
});

test('a Lease that lost its labels while nobody owned it is read, and gets them back', async () => {
  const { world, api, consume, lease, decided, put } = await twoShards();
  await using _ = world;
  const first = consume();
  put('before');
  await until('all is decided', () => decided('before') === KEYS.length);
  await first.stop();
  const { metadata, ...rest } = lease();
  const { labels, ...unlabelled } = metadata;
  api.put({ ...rest, metadata: unlabelled });
  consume('pod-b');
  put('after');
  await until('all is decided', () => decided('after') === KEYS.length);
  expect(lease().metadata.labels).toEqual(labels);
});
