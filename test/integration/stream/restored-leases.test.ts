import { expect, test } from '@jest/globals';
import { STREAM_PREFIX } from '../../../services/shared/agreements/kubernetes-names.ts';
import { metricValue } from '../../support/model/decision-stack.ts';
import { KEYS, twoShards } from '../../support/stream/two-shards.ts';
import { until } from '../../support/until.ts';

test('after the leases were restored from a backup, their owner loses them, and all shards are read on', async () => {
  const { world, api, metricsRegistry, consume, decided, put } = await twoShards();
  await using _ = world;
  consume();
  put('before');
  await until('all is decided', () => decided('before') === KEYS.length);
  const checkpoints = () =>
    api.leases.flatMap(({ metadata }) => metadata.annotations?.[`${STREAM_PREFIX}/checkpoint`] ?? []);
  const saved = checkpoints();
  const restore = api.backup();
  put('between');
  await until('all is decided', () => decided('between') === KEYS.length);
  await until('both checkpoints have moved', () => checkpoints().every((it, index) => it !== saved[index]));
  restore();
  await until(
    'both leases are lost',
    async () => (await metricValue(metricsRegistry, 'kinesis_leases_lost_total', { reason: 'edited' })) === 2,
  );
  put('after');
  await until('all is decided', () => decided('after') === KEYS.length);
  expect(world.states.at(-1)).toEqual({ state: 'ok' });
});
