import { describe, expect, test } from '@jest/globals';
import {
  assertDrained,
  assertKnown,
  assertTakers,
  successorOf,
} from '../../../../scripts/stream/drain-plan.ts';
import { leaseAt, shardAt, viewsOf } from '../../../support/stream/shard-views.ts';

const member = (name: string, draining = false) => ({
  name,
  revision: '',
  joinedMilliseconds: 0,
  draining,
  version: '',
});
const shards = [0, 1, 2].map((index) => shardAt(index, 3));
const owners = ['pod-a', 'pod-b', 'pod-b'];
const views = viewsOf(
  shards,
  shards.map((shard, index) => leaseAt(shard, { owner: owners[index] })),
);

function successor(members: readonly ReturnType<typeof member>[], wanted?: string, index = 0): string {
  const view = views[index];
  if (view === undefined) throw new Error('no view');
  return successorOf(view, views, members, wanted).successor;
}

describe('a drain of a shard', () => {
  const all = [member('pod-a'), member('pod-b'), member('pod-c'), member('pod-d', true)];

  test('gives it to the member with the fewest shards, or to the member that is named', () => {
    expect(successor(all)).toBe('pod-c');
    expect(successor(all, 'pod-b')).toBe('pod-b');
  });

  test.each([
    [[member('pod-a')], undefined, 'there is no other member to take shard 0: start another pod first'],
    [all, 'pod-a', 'pod-a reads shard 0 already'],
    [all, 'pod-x', 'pod-x is not a member that takes shards: pod-b, pod-c'],
    [all, 'pod-d', 'pod-d is not a member that takes shards'],
    [all, 'nobody', 'the group would take shard 0 again at once: drain its owner, pod-a, to nobody'],
  ])('%j to %s is refused', (members, wanted, message) => {
    expect(() => successor(members, wanted)).toThrow(message);
  });

  test('without a living owner is refused', () => {
    const [view] = viewsOf([shardAt(0, 1)], [leaseAt(shardAt(0, 1), { isLive: false })]);
    if (view === undefined) throw new Error('no view');
    expect(() => successorOf(view, [view], all, undefined)).toThrow(
      'shard 0 has no owner that could give it up',
    );
  });
});

describe('a drain', () => {
  test('of what is neither a member nor a shard names both', () => {
    const members = [member('pod-a'), member('pod-b')];
    expect(() => assertKnown('pod-x', { members, views })).toThrow(
      'pod-x is neither a member nor a shard. Members: pod-a, pod-b. Shards: 0, 1, 2',
    );
    expect(() => assertKnown('pod-a', { members, views })).not.toThrow();
    expect(() => assertKnown('2', { members, views })).not.toThrow();
  });

  test('of a group without a member says that nobody reads the stream', () => {
    expect(() => assertKnown('0', { members: [], views })).toThrow('the group has no member: nobody reads');
  });
});

describe('the end of a drain', () => {
  test('is refused for a member that is not drained', () => {
    const members = [member('pod-a', true), member('pod-b')];
    expect(() => assertDrained('pod-a', members)).not.toThrow();
    expect(() => assertDrained('pod-b', members)).toThrow(
      'pod-b is not drained, so there is nothing to undo',
    );
  });
});

describe('a drain of a member', () => {
  test('needs another member, or a word that the shards may stay unread', () => {
    const two = [member('pod-a'), member('pod-b')];
    expect(() => assertTakers('pod-a', two, undefined)).not.toThrow();
    expect(() => assertTakers('pod-a', two, 'pod-b')).toThrow('Only --to nobody is possible');
    const rest = [member('pod-a'), member('pod-b', true)];
    expect(() => assertTakers('pod-a', rest, undefined)).toThrow(
      'there is no other member to take the shards of pod-a',
    );
    expect(() => assertTakers('pod-a', rest, 'nobody')).not.toThrow();
  });
});
