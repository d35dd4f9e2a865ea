import { Registry } from 'prom-client';
import { STREAM_PREFIX } from '../../../services/shared/agreements/kubernetes-names.ts';
import { systemClock } from '../../../services/shared/clock.ts';
import { createLogger } from '../../../services/shared/logging.ts';
import { KubernetesLeaseStore } from '../../../services/stream/lease/kubernetes-lease-store.ts';
import { ConsumerWorld } from './consumer-world.ts';
import { PlayedLeaseApi } from './played-lease-api.ts';

export const FIRST_SHARD = 'shardId-000000000000';
/** Keys of both shards. */
export const KEYS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

/** Consumers of a stream of two shards, with leases in a played API server. */
export async function twoShards() {
  const world = await ConsumerWorld.start({ shards: 2 });
  const api = new PlayedLeaseApi();
  const metricsRegistry = new Registry();
  const consume = (POD_NAME = 'pod-a') =>
    world.consume(
      { POD_NAME, LEASE_SECONDS: '3' },
      {
        metricsRegistry: POD_NAME === 'pod-a' ? metricsRegistry : new Registry(),
        store: new KubernetesLeaseStore({
          client: api.client,
          clock: systemClock,
          logger: createLogger({ component: 'test', level: 'silent' }),
          namespace: 'lending',
          group: 'group',
          stream: 'in',
          leaseMilliseconds: 3_000,
        }),
      },
    );
  const lease = () => {
    const found = api.leases.find(
      ({ metadata }) => metadata.annotations?.[`${STREAM_PREFIX}/shard-id`] === FIRST_SHARD,
    );
    if (found === undefined) throw new Error('no lease');
    return found;
  };
  const decided = (round: string) =>
    world.distinctTexts().filter((text) => text.endsWith(`/${round}`)).length;
  const put = (round: string) => world.put(...KEYS.map((key) => `${key}/${round}`));
  const message = () => world.states.at(-1)?.message ?? '';
  return { world, api, metricsRegistry, consume, lease, decided, put, message };
}
