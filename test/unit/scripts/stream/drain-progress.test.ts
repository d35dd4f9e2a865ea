import { describe, expect, test } from '@jest/globals';
import { keptText, untakenText } from '../../../../scripts/stream/drain-progress.ts';
import type { SeenLease } from '../../../../scripts/stream/group-leases.ts';
import { leaseAt, shardAt, viewsOf } from '../../../support/stream/shard-views.ts';

const shards = [0, 1].map((index) => shardAt(index, 2));
const drain = { member: 'pod-a', shardIds: new Set(shards.map(({ shardId }) => shardId)) };

/** What is left to wait for, if shard 1 has this lease and pod-b has taken shard 0. */
function left(change: Partial<SeenLease>) {
  const [first = shardAt(0, 2), second = first] = shards;
  const views = viewsOf(shards, [leaseAt(first, { owner: 'pod-b' }), leaseAt(second, change)]);
  return { kept: keptText(drain, views), untaken: untakenText(drain, views) };
}

describe('a drain', () => {
  test('waits while the member has a shard, also if its lease looks silent', () => {
    for (const isLive of [true, false])
      expect(left({ owner: 'pod-a', isLive }).kept).toBe('pod-a has not given up shard 1');
  });

  test.each([
    ['has no owner', { owner: undefined, released: true }],
    ['is given to a member that has not taken it', { owner: 'pod-z', released: true }],
  ])('waits while a shard %s', (_, change) => {
    expect(left(change)).toEqual({
      kept: undefined,
      untaken: 'nobody has taken shard 1 from pod-a',
    });
  });

  test.each([
    ['another member has taken each shard', { owner: 'pod-b' }],
    [
      'another member has taken each shard, and this machine cannot tell if it lives',
      { owner: 'pod-b', isLive: false },
    ],
    ['a shard is done', { owner: undefined, checkpoint: { kind: 'shard_end' as const } }],
    ['the position of a shard is lost', { owner: undefined, doneThroughMilliseconds: 1 }],
  ])('is over when %s', (_, change) => {
    expect(left(change)).toEqual({ kept: undefined, untaken: undefined });
  });
});
