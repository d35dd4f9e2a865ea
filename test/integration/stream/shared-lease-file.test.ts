import { readFileSync, rmSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { lockFileOf } from '../../../services/stream/lease/lease-file-names.ts';
import { ConsumerWorld, numbered } from '../../support/stream/consumer-world.ts';
import { until } from '../../support/until.ts';

function lastMessage(world: ConsumerWorld): string {
  return world.states.at(-1)?.message ?? '';
}

describe('a second process with the same lease file', () => {
  test('reads nothing and says why; it goes on by itself when the first process stops', async () => {
    await using world = await ConsumerWorld.start();
    const first = world.consume({ POD_NAME: 'pod-a' });
    world.put(...numbered('a', 2));
    await until('the first process reads', () => world.texts().length === 2);
    const second = world.consume({ POD_NAME: 'pod-b' });
    await until('the second process is refused', () =>
      lastMessage(world).includes('leases.json is in use by'),
    );
    expect([second.ready, second.ownedShards]).toEqual([false, []]);
    expect(lastMessage(world)).toContain(`process ${process.pid} on`);
    await first.stop();
    world.put(...numbered('a', 2, 2));
    await until('the second process reads', () => world.texts().length >= 4);
    expect(world.texts()).toEqual(numbered('a', 4));
  });

  test('that cannot see the lock takes the shards, and the first process gives them up', async () => {
    await using world = await ConsumerWorld.start();
    const first = world.consume({ POD_NAME: 'pod-a' });
    world.put(...numbered('a', 2));
    await until('the first process reads', () => world.texts().length === 2);
    // As on another machine, or on a file system without sockets.
    const file = `${world.directory}/leases.json`;
    rmSync(lockFileOf(file));
    const second = world.consume({ POD_NAME: 'pod-b' });
    await until('the second process reads', () => readFileSync(file, 'utf8').includes('"pod-b"'));
    world.put(...numbered('a', 2, 2));
    await until('the first process gives up', () => first.ownedShards.length === 0);
    await until('the first process says why', () => lastMessage(world).includes('also written by pod-b'));
    expect(second.ownedShards).toHaveLength(1);
    world.put(...numbered('a', 2, 4));
    await until('the second process reads on', () => world.texts().includes('a/5'));
    expect(world.texts().slice(-2)).toEqual(['a/4', 'a/5']);
    await first.stop();
    expect(readFileSync(file, 'utf8')).toContain('"pod-b"');
  });
});
