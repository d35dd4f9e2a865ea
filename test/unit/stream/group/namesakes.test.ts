import { afterEach, describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { ConsumerGroup } from '../../../../services/stream/group/consumer-group.ts';
import type { OwnedShard } from '../../../../services/stream/group/owned-shard.ts';
import { Waker } from '../../../../services/stream/group/waker.ts';
import { unreadLease } from '../../../../services/stream/lease/shard-lease.ts';
import { createStreamMetrics } from '../../../../services/stream/metrics.ts';
import { PositionLost } from '../../../../services/stream/read/shard-reader.ts';
import { StreamHealth } from '../../../../services/stream/stream-health.ts';
import { seededRandom } from '../../../support/kinesis-fake/random.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { MemoryLeaseStore } from '../../../support/stream/memory-lease-store.ts';
import { recordingLogger } from '../../../support/stream/recording-logger.ts';

const LEASE_MILLISECONDS = 10_000;
const SHARDS = ['shard-0', 'shard-1', 'shard-2', 'shard-3'];
const FIRST_EPOCH = 1;

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

interface Process {
  readonly owned: ReadonlyMap<string, OwnedShard>;
  readonly clock: ManualClock;
  readonly standsBack: boolean;
  readonly message: string;
  stop(): Promise<void>;
}

/** Processes of one name over one store. */
function world(seed: number) {
  const random = seededRandom(seed);
  const store = new MemoryLeaseStore();
  for (const shardId of SHARDS) {
    const checkpoint = { kind: 'trim_horizon' } as const;
    store.set(unreadLease({ shardId, parents: [], hashRange: undefined, epoch: FIRST_EPOCH, checkpoint }));
  }
  const processes: Process[] = [];
  const join = (joinedMilliseconds: number): Process => {
    const clock = new ManualClock();
    const { logger } = recordingLogger();
    const waker = new Waker(clock);
    const owned = new Map<string, OwnedShard>();
    const health = new StreamHealth(() => {}, logger);
    const group = new ConsumerGroup({
      store,
      member: { name: 'same', revision: 'r1', joinedMilliseconds },
      leaseMilliseconds: LEASE_MILLISECONDS,
      settleMilliseconds: 0,
      handOffMilliseconds: 1_000,
      consumers: {
        create: () => {
          throw new PositionLost('nothing to read');
        },
      },
      suspicion: { attempts: 0, suspects: 500 },
      owned,
      syncer: {
        awaitsLease: () => () => false,
        isOfStream: () => true,
        streamCreatedMilliseconds: 0,
        wake: () => {},
      },
      waker,
      clock,
      serviceNow: () => clock.now(),
      logger,
      health,
      metrics: createStreamMetrics(new Registry()),
    });
    const stopping = new AbortController();
    const running = group.run(stopping.signal);
    const stop = () => {
      stopping.abort(new Error('stop'));
      return running;
    };
    stops.push(stop);
    const process: Process = {
      owned,
      clock,
      get standsBack() {
        return health.message.includes('another process uses the name "same"');
      },
      get message() {
        return health.message;
      },
      stop,
    };
    processes.push(process);
    return process;
  };
  /** Lets time pass for `running`, in steps of random length and order. */
  const pass = async (milliseconds: number, running = processes) => {
    for (let passed = 0; passed < milliseconds; passed += 250) {
      const late = random() < 0.5 ? running.toReversed() : running;
      for (const { clock } of late) {
        clock.advance(250);
        if (random() < 0.7) await new Promise(setImmediate);
      }
      await new Promise(setImmediate);
    }
  };
  const epochsGrown = () => Math.max(...store.leases().map(({ epoch }) => epoch)) - FIRST_EPOCH;
  return { store, join, pass, epochsGrown, random };
}

describe.each(Array.from({ length: 12 }, (_, seed) => seed))('two processes of one name, seed %i', (seed) => {
  test('only the later one reads, and the earlier one says why it does not', async () => {
    const { join, pass, epochsGrown } = world(seed);
    const earlier = join(100);
    await pass(3_000);
    const later = join(101);
    await pass(3 * LEASE_MILLISECONDS);
    expect([earlier.owned.size, later.owned.size]).toEqual([0, SHARDS.length]);
    expect(earlier.message).toBe(
      'another process uses the name "same" and joined later, so this process reads nothing; give each process its own POD_NAME',
    );
    expect(later.standsBack).toBe(false);
    const grown = epochsGrown();
    await pass(3 * LEASE_MILLISECONDS);
    expect(epochsGrown()).toBe(grown);
    expect(grown).toBeLessThan(10);
  });

  test('the earlier one reads again once the later one has stopped, or has crashed', async () => {
    const { join, pass, random } = world(seed);
    const earlier = join(100);
    const later = join(101);
    await pass(2 * LEASE_MILLISECONDS);
    expect(earlier.owned.size).toBe(0);
    if (random() < 0.5) {
      const stopped = later.stop();
      await pass(2_000);
      await stopped;
    }
    await pass(3 * LEASE_MILLISECONDS, [earlier]);
    expect(earlier.owned.size).toBe(SHARDS.length);
    expect(earlier.standsBack).toBe(false);
  });

  test('a process that was suspended while it was forgotten announces itself and reads again', async () => {
    const { store, join, pass } = world(seed);
    const it = join(100);
    await pass(2_000);
    it.clock.advance(6 * 60_000);
    await store.withdraw({ name: 'same', revision: 'r1', joinedMilliseconds: 100 });
    await pass(2 * LEASE_MILLISECONDS);
    expect(it.owned.size).toBe(SHARDS.length);
    expect(store.members().map(({ joinedMilliseconds }) => joinedMilliseconds)).toEqual([100]);
  });

  test('a process that was suspended while another took its name stands back', async () => {
    const { store, join, pass } = world(seed);
    const suspended = join(100);
    await pass(2_000);
    const later = join(101);
    await pass(30_000, [later]);
    suspended.clock.advance(30_000);
    await pass(2 * LEASE_MILLISECONDS);
    expect([suspended.owned.size, later.owned.size]).toEqual([0, SHARDS.length]);
    expect(suspended.standsBack).toBe(true);
    expect(store.members().map(({ joinedMilliseconds }) => joinedMilliseconds)).toEqual([101]);
    await suspended.stop();
    expect(store.members()).toHaveLength(1);
  });

  test('of three processes the last one reads', async () => {
    const { join, pass } = world(seed);
    const all = [100, 102, 101].map(join);
    await pass(4 * LEASE_MILLISECONDS);
    expect(all.map(({ owned }) => owned.size)).toEqual([0, SHARDS.length, 0]);
  });

  test('processes that joined at the same moment cannot tell each other apart, but epochs do not run away', async () => {
    const { join, pass, epochsGrown } = world(seed);
    join(100);
    join(100);
    await pass(120_000);
    expect(epochsGrown()).toBeLessThan(30);
  });
});
