import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type PlannedMember, type PlannedShard, plan } from '../../../../services/stream/group/planner.ts';
import { weigh } from '../../../../services/stream/group/shard-weights.ts';

function member(name: string, revision = 'r1', joinedMilliseconds = 0, seesExpiry = true): PlannedMember {
  return { name, revision, joinedMilliseconds, seesExpiry };
}

function shards(
  count: number,
  owner: (index: number) => string | undefined = () => undefined,
): PlannedShard[] {
  return Array.from({ length: count }, (_, index) => ({
    shardId: `shard-${String(index).padStart(3, '0')}`,
    owner: owner(index),
    bytesPerSecond: 0,
    expired: false,
  }));
}

/** Shards with these loads in KB per second, 0 if unknown, and with these owners. */
function loaded(loads: readonly (readonly [kilobytesPerSecond: number, owner?: string])[]): PlannedShard[] {
  return shards(loads.length, (index) => loads[index]?.[1]).map((shard, index) => ({
    ...shard,
    bytesPerSecond: (loads[index]?.[0] ?? 0) * 1_000,
  }));
}

function place(all: readonly PlannedShard[], target: ReadonlyMap<string, string>): PlannedShard[] {
  return all.map((shard) => ({ ...shard, owner: target.get(shard.shardId) }));
}

function moved(all: readonly PlannedShard[], target: ReadonlyMap<string, string>): string[] {
  return all
    .filter(({ shardId, owner }) => owner !== undefined && target.get(shardId) !== owner)
    .map(({ shardId }) => shardId);
}

function expire(shard: PlannedShard): PlannedShard {
  return shard.owner === undefined ? { ...shard, expired: true } : shard;
}

function loads(target: ReadonlyMap<string, string>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const owner of target.values()) counts[owner] = (counts[owner] ?? 0) + 1;
  return counts;
}

describe('planner', () => {
  test('spreads shards without an owner evenly', () => {
    const members = [member('a'), member('b'), member('c')];
    expect(loads(plan({ shards: shards(8), members, settling: false }))).toEqual({ a: 3, b: 3, c: 2 });
  });

  test('moves to a newcomer no more than its fair share', () => {
    const owned = shards(9, (index) => (index < 5 ? 'a' : 'b'));
    const target = plan({ shards: owned, members: [member('a'), member('b'), member('c')], settling: false });
    expect(loads(target)).toEqual({ a: 3, b: 3, c: 3 });
    expect(owned.filter(({ shardId, owner }) => target.get(shardId) !== owner)).toHaveLength(3);
  });

  test('while members come and go, places shards without an owner and moves none', () => {
    const owned = shards(6, (index) => (index < 5 ? 'a' : undefined));
    const target = plan({ shards: owned, members: [member('a'), member('b')], settling: true });
    expect(loads(target)).toEqual({ a: 5, b: 1 });
  });

  test('during a rollout, moves no shard and places shards only with the newest revision', () => {
    const owned = shards(8, (index) => (index < 4 ? 'old-1' : undefined));
    const members = [member('old-1'), member('old-2'), member('new-1', 'r2', 10)];
    const target = plan({ shards: owned, members, settling: false });
    expect(loads(target)).toEqual({ 'old-1': 4, 'new-1': 4 });
  });

  test.each([
    ['also while members come and go', true, 'r1'],
    ['also during a rollout', false, 'r2'],
    ['at any other time', false, 'r1'],
  ])('moves every shard of a draining member, %s', (_, settling, revision) => {
    const owned = shards(6, (index) => (index < 4 ? 'a' : 'b'));
    const members = [
      { ...member('a'), draining: true },
      member('b', revision, 10),
      member('c', revision, 10),
    ];
    const target = plan({ shards: owned, members, settling });
    expect(loads(target)).toEqual({ b: 3, c: 3 });
  });

  test('if all members drain, gives their shards and new shards no target', () => {
    const owned = shards(4, (index) => (index < 2 ? 'a' : undefined));
    const members = [{ ...member('a'), draining: true }];
    expect(plan({ shards: owned, members, settling: false }).size).toBe(0);
  });

  test('after an undone rollout, the revision that joined last is the newest again', () => {
    const members = [member('a', 'r1', 0), member('b', 'r2', 10), member('c', 'r1', 20)];
    const target = plan({ shards: shards(4), members, settling: false });
    expect(loads(target)).toEqual({ a: 2, c: 2 });
  });

  test('gives expired shards to a member that has seen them expire, not to the replacement of the crashed pod', () => {
    const owned = shards(8, (index) => (index < 4 ? 'survivor' : undefined));
    const members = [member('survivor'), member('replacement', 'r1', 10, false)];
    const target = (all: PlannedShard[]) => loads(plan({ shards: all, members, settling: true }));
    expect(target(owned.map(expire))).toEqual({ survivor: 8 });
    expect(target(owned)).toEqual({ survivor: 4, replacement: 4 });
  });

  test('during a rollout, gives expired shards to the newest revision, or to an older revision if only it saw them expire', () => {
    const expired = shards(2).map(expire);
    const target = (newSees: boolean) =>
      loads(
        plan({
          shards: expired,
          members: [member('old'), member('new', 'r2', 10, newSees)],
          settling: false,
        }),
      );
    expect(target(false)).toEqual({ old: 2 });
    expect(target(true)).toEqual({ new: 2 });
  });

  test('a rolling replacement of four members with sixteen shards moves each shard once', () => {
    let members = ['o1', 'o2', 'o3', 'o4'].map((name) => member(name));
    let owners = shards(16, (index) => `o${(index % 4) + 1}`);
    const moves = new Map<string, number>();
    const settle = () => {
      const target = plan({ shards: owners, members, settling: false });
      owners = owners.map(({ shardId, owner }) => {
        const next = target.get(shardId);
        if (next !== owner) moves.set(shardId, (moves.get(shardId) ?? 0) + 1);
        return { shardId, owner: next, bytesPerSecond: 0, expired: false };
      });
    };
    for (const step of [1, 2, 3, 4]) {
      members = [...members, member(`n${step}`, 'r2', step)];
      settle();
      members = members.filter(({ name }) => name !== `o${step}`);
      owners = owners.map((shard) => (shard.owner === `o${step}` ? { ...shard, owner: undefined } : shard));
      settle();
    }
    // The loss of the old owner and the gain of the new owner count as one move.
    expect([...moves.values()]).toEqual(Array(16).fill(1));
    expect(loads(new Map(owners.map(({ shardId, owner }) => [shardId, owner ?? ''])))).toEqual({
      n1: 4,
      n2: 4,
      n3: 4,
      n4: 4,
    });
  });

  test('from any start, places all shards, with loads at most one apart, and then the plan is stable', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const owner = fc.option(fc.constantFrom(...names), { nil: undefined });
    fc.assert(
      fc.property(fc.array(owner, { maxLength: 40 }), fc.integer({ min: 1, max: 5 }), (owners, count) => {
        const members = names.slice(0, count).map((name) => member(name));
        const isLive = (name: string | undefined) => members.some((it) => it.name === name);
        const start = shards(owners.length, (index) => (isLive(owners[index]) ? owners[index] : undefined));
        const target = plan({ shards: start, members, settling: false });
        expect(target.size).toBe(start.length);
        const counts = members.map(({ name }) => loads(target)[name] ?? 0);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        const placed = start.map(({ shardId }) => ({
          shardId,
          owner: target.get(shardId),
          bytesPerSecond: 0,
          expired: false,
        }));
        expect(plan({ shards: placed, members, settling: false })).toEqual(target);
      }),
    );
  });
});

describe('planner, by load', () => {
  const two = [member('a'), member('b')];
  const planOf = (all: readonly PlannedShard[], members: readonly PlannedMember[]) =>
    plan({ shards: all, members, settling: false });

  test('leaves a hot shard alone with its owner, and moves each other shard at most once', () => {
    const all = loaded([
      [1_000, 'a'],
      [50, 'a'],
      [50, 'a'],
      [50, 'a'],
      [50, 'b'],
      [50, 'b'],
      [50, 'b'],
      [50, 'b'],
    ]);
    const target = planOf(all, two);
    expect(loads(target)).toEqual({ a: 1, b: 7 });
    expect(moved(all, target)).toHaveLength(3);
  });

  test('places the heaviest first when nobody owns a shard', () => {
    expect(loads(planOf(loaded([[10], [10], [10], [10], [1_000]]), two))).toEqual({ a: 1, b: 4 });
  });

  test('parts two hot shards', () => {
    const all = loaded([
      [1_000, 'a'],
      [1_000, 'a'],
      [1, 'b'],
      [1, 'b'],
    ]);
    const target = planOf(all, two);
    expect(target.get('shard-000')).not.toBe(target.get('shard-001'));
    expect(moved(all, target)).toHaveLength(1);
  });

  test('spreads shards without records by number', () => {
    expect(
      loads(planOf(loaded(new Array(9).fill([0.001, 'a'])), [member('a'), member('b'), member('c')])),
    ).toEqual({
      a: 3,
      b: 3,
      c: 3,
    });
  });

  test('counts a shard of unknown load like the average of the others', () => {
    const all = loaded([
      [100, 'a'],
      [300, 'a'],
      [0, 'b'],
      [0, 'b'],
    ]);
    expect(moved(all, planOf(all, two))).toEqual([]);
  });

  test('leaves shards whose loads differ by what noise may be', () => {
    const all = loaded([
      [100, 'a'],
      [141, 'a'],
      [141, 'a'],
      [100, 'a'],
      [100, 'b'],
      [100, 'b'],
      [100, 'b'],
      [100, 'b'],
    ]);
    expect(moved(all, planOf(all, two))).toEqual([]);
  });

  test('neither while members come and go nor in a rollout does a load move a shard', () => {
    const all = loaded([
      [1_000, 'a'],
      [500, 'a'],
      [1, 'b'],
    ]);
    expect(moved(all, plan({ shards: all, members: two, settling: true }))).toEqual([]);
    expect(moved(all, planOf(all, [...two, member('c', 'r2', 10)]))).toEqual([]);
  });

  test('a rolling replacement with a hot shard moves each shard once', () => {
    let members = ['o1', 'o2', 'o3', 'o4'].map((name) => member(name));
    let all = loaded([[1_000], ...new Array(15).fill([100])]);
    all = place(all, planOf(all, members));
    const moves = new Map<string, number>();
    const settle = () => {
      const target = planOf(all, members);
      for (const { shardId, owner } of all)
        if (target.get(shardId) !== owner) moves.set(shardId, (moves.get(shardId) ?? 0) + 1);
      all = place(all, target);
    };
    for (const step of [1, 2, 3, 4]) {
      members = [...members, member(`n${step}`, 'r2', step)];
      settle();
      members = members.filter(({ name }) => name !== `o${step}`);
      all = all.map((shard) => (shard.owner === `o${step}` ? { ...shard, owner: undefined } : shard));
      settle();
    }
    expect([...moves.values()]).toEqual(Array(16).fill(1));
  });

  const names = ['a', 'b', 'c', 'd', 'e'];
  const kilobytes = fc.oneof(
    fc.constantFrom(0, 0.001, 1, 100, 1_000),
    fc.integer({ min: 1, max: 2_000 }),
    fc.integer({ min: 90, max: 150 }),
  );
  const group = fc
    .record({
      count: fc.integer({ min: 1, max: 5 }),
      held: fc.array(fc.tuple(kilobytes, fc.option(fc.constantFrom(...names), { nil: undefined })), {
        maxLength: 40,
      }),
    })
    .map(({ count, held }) => {
      const live = names.slice(0, count);
      const owned = held.map(([load, owner]): [number, string?] =>
        owner !== undefined && live.includes(owner) ? [load, owner] : [load],
      );
      return { all: loaded(owned), members: live.map((name) => member(name)) };
    });

  test('whatever the loads, every shard has an owner, and the plan of a plan moves nothing', () => {
    fc.assert(
      fc.property(group, ({ all, members }) => {
        const target = planOf(all, members);
        expect([...target.keys()].sort()).toEqual(all.map(({ shardId }) => shardId));
        expect(planOf(place(all, target), members)).toEqual(target);
      }),
    );
  });

  test('whatever the loads, a member takes an expired shard only if it has seen the expiry', () => {
    const anyGroup = fc.tuple(
      group,
      fc.infiniteStream(fc.boolean()),
      fc.infiniteStream(fc.boolean()),
      fc.boolean(),
    );
    fc.assert(
      fc.property(anyGroup, ([{ all, members }, sees, expires, settling]) => {
        const watching = members.map((it) => ({ ...it, seesExpiry: sees.next().value === true }));
        const some = all.map((shard) => (expires.next().value === true ? expire(shard) : shard));
        const target = plan({ shards: some, members: watching, settling });
        const witnesses = watching.filter(({ seesExpiry }) => seesExpiry).map(({ name }) => name);
        const takers = some.filter(({ expired }) => expired).map(({ shardId }) => target.get(shardId));
        if (witnesses.length > 0) expect(takers.filter((it) => !witnesses.includes(it ?? ''))).toEqual([]);
      }),
    );
  });

  test('whatever the loads, all members plan alike, in whatever order they see shards and members', () => {
    fc.assert(
      fc.property(group, ({ all, members }) => {
        expect(planOf(all.toReversed(), members.toReversed())).toEqual(planOf(all, members));
      }),
    );
  });

  test('whatever the loads, the hottest shard sits with no shard whose move would clearly help', () => {
    fc.assert(
      fc.property(group, ({ all, members }) => {
        const weight = weigh(all);
        const target = planOf(all, members);
        const sums = new Map(members.map(({ name }) => [name, 0]));
        for (const [shardId, owner] of target)
          sums.set(owner, (sums.get(owner) ?? 0) + (weight.get(shardId) ?? 0));
        const hottest = all.reduce<PlannedShard | undefined>(
          (most, shard) => (most === undefined || shard.bytesPerSecond > most.bytesPerSecond ? shard : most),
          undefined,
        );
        const owner = target.get(hottest?.shardId ?? '') ?? '';
        const load = sums.get(owner) ?? 0;
        const share = [...sums.values()].reduce((sum, it) => sum + it, 0) / members.length;
        const gap = load - Math.min(...sums.values());
        const beside = [...target].filter(([shardId, it]) => it === owner && shardId !== hottest?.shardId);
        const helpful = beside.filter(([shardId]) => (weight.get(shardId) ?? 0) * 1.5 <= gap);
        expect(load <= share * 1.2 ? [] : helpful).toEqual([]);
      }),
    );
  });
});
