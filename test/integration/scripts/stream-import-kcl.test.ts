import { writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ConsumerWorld, numbered } from '../../support/stream/consumer-world.ts';
import { type KclItem, kclItem, scanOutput } from '../../support/stream/kcl-dump.ts';
import { kplAggregate } from '../../support/stream/kpl-aggregate.ts';
import { fileOf, runTool } from '../../support/stream/stream-tool.ts';
import { until } from '../../support/until.ts';

function importKcl(world: ConsumerWorld, items: readonly KclItem[], ...args: readonly string[]) {
  const dump = `${world.directory}/dump.json`;
  writeFileSync(dump, scanOutput(items));
  return runTool(['import-kcl', dump, '--yes', ...args, ...fileOf(world)]);
}

/** Sequence numbers of the records in the input's shard number `index`. */
function sequenceNumbers(world: ConsumerWorld, index = 0): string[] {
  return (
    world.fake
      .stream('in')
      .shards[index]?.all()
      .map((record) => record.sequenceNumber) ?? []
  );
}

describe('stream import-kcl', () => {
  test('a group goes on after the last record that the KCL has checkpointed', async () => {
    await using world = await ConsumerWorld.start();
    world.put(...numbered('a', 6));
    const [, , third = ''] = sequenceNumbers(world);
    const { code, said, out } = await importKcl(world, [kclItem('shardId-000000000000', third)]);
    expect([code, out]).toEqual([0, expect.stringContaining('shard 0: waits')]);
    expect(said).toContain('leases.json does not exist yet: the process that uses it makes it.');
    expect(said).toContain(`shard 0: from no lease to ${third}:0 (lease)`);
    world.consume();
    await until('the rest is published', () => world.texts().length >= 3);
    expect(world.texts()).toEqual(['a/3', 'a/4', 'a/5']);
  });

  test.each([0, 2, 4])('inside an aggregate, the group goes on after part %i', async (sub) => {
    await using world = await ConsumerWorld.start();
    const parts = numbered('a', 5).map((text) => ({ partitionKey: 'a', data: Buffer.from(text) }));
    const stream = world.fake.stream('in');
    stream.put(stream.shardFor('a'), 'a', kplAggregate(parts).toString('base64'));
    world.put('a/5');
    const [first = ''] = sequenceNumbers(world);
    await importKcl(world, [kclItem('shardId-000000000000', first, sub)]);
    world.consume();
    await until('the rest is published', () => world.texts().includes('a/5'));
    expect(world.texts()).toEqual(numbered('a', 6).slice(sub + 1));
  });

  test('after a reshard, a parent without a lease is not read again', async () => {
    await using world = await ConsumerWorld.start();
    const keys = ['a', 'b', 'c', 'd'];
    world.put(...keys.map((key) => `${key}/parent`));
    world.fake.stream('in').split('shardId-000000000000', 2n ** 127n);
    world.put(...keys.map((key) => `${key}/child`));
    const items = [
      kclItem('shardId-000000000001', 'TRIM_HORIZON'),
      kclItem('shardId-000000000002', 'TRIM_HORIZON'),
    ];
    await importKcl(world, items);
    world.consume();
    await until('the children are published', () => world.texts().length >= 4);
    expect(world.texts().sort()).toEqual(keys.map((key) => `${key}/child`));
  });

  test('a group that has read is changed with --replace only, and then while it runs', async () => {
    await using world = await ConsumerWorld.start();
    world.consume();
    world.put(...numbered('a', 4));
    await until('all is published', () => world.texts().length === 4);
    await until('the checkpoint is stored', async () =>
      /"checkpoint": "\d+"/.test((await runTool(['list', '--json', ...fileOf(world)])).out),
    );
    const items = [kclItem('shardId-000000000000', sequenceNumbers(world)[1] ?? '')];
    const refused = await importKcl(world, items);
    expect([refused.code, refused.said]).toEqual([1, expect.stringContaining('--replace overwrites')]);
    const replaced = await importKcl(world, items, '--replace');
    expect(replaced.code).toBe(0);
    expect(replaced.said).toMatch(
      /The group is running: .*\n.*\n.*decided again, under the same decision_id\.\n.* gives the shard up at once/,
    );
    await until('the rest is published again', () => world.texts().length >= 6);
    expect(world.texts().slice(4)).toEqual(['a/2', 'a/3']);
  });

  test('refuses a start that has not come yet', async () => {
    await using world = await ConsumerWorld.start();
    const items = [kclItem('shardId-000000000000', 'LATEST')];
    const run = await importKcl(world, items, '--start-at', '2999-01-01T00:00:00Z');
    expect([run.code, run.said]).toEqual([1, expect.stringMatching(/--start-at 2999-.* is \d+ d ahead/)]);
  });

  test.each([
    [
      [kclItem('shardId-000000000000', '17')],
      /does not know 1 sequence number of the dump: 17 of shard 0. The dump is of another stream/,
    ],
    [[kclItem('shardId-000000000000', 'LATEST')], /Give --start-at/],
    [[kclItem('shardId-000000000009', '17')], /shard 9: not in the stream/],
    [[kclItem('shardId-000000000000', 'soon')], /item 1 of the dump \(leaseKey shardId-0+\): checkpoint is/],
  ])('refuses %j and changes nothing', async (items, message) => {
    await using world = await ConsumerWorld.start();
    const { code, said } = await importKcl(world, items);
    expect([code, said]).toEqual([1, expect.stringMatching(message)]);
    expect((await runTool(['list', ...fileOf(world)])).said).toContain('there is no lease file');
  });
});
