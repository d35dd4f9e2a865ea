import { describe, expect, test } from '@jest/globals';
import type { Desk } from '../../../../scripts/stream/desk.ts';
import type { GroupLeases, LeaseChange } from '../../../../scripts/stream/group-leases.ts';
import { makeChanges } from '../../../../scripts/stream/make-changes.ts';
import { LeaseConflict } from '../../../../services/stream/lease/lease-store.ts';
import { leaseAt, shardAt } from '../../../support/stream/shard-views.ts';

/** Makes a change of each of so many shards. The answers come once no more requests come, or with the error that is given. */
async function make(shards: number, errorOf: (index: number) => Error | undefined = () => undefined) {
  const out: string[] = [];
  const said: string[] = [];
  const rounds: number[] = [];
  let waiting: (() => void)[] = [];
  const change = async ({ lease }: LeaseChange) => {
    waiting.push(() => {});
    if (waiting.length === 1)
      setImmediate(() => {
        rounds.push(waiting.length);
        for (const answer of waiting) answer();
        waiting = [];
      });
    await new Promise<void>((resolve) => {
      waiting[waiting.length - 1] = resolve;
    });
    const error = errorOf(Number(lease.shardId.slice(8)));
    if (error !== undefined) throw error;
    return 'made' as const;
  };
  const desk: Partial<Desk> = {
    leases: { change } as Partial<GroupLeases> as GroupLeases,
    terminal: { out: (text) => out.push(text), say: (text) => said.push(text), ask: undefined },
  };
  const changes = Array.from({ length: shards }, (_, index) => {
    const lease = leaseAt(shardAt(index, shards));
    const { shardId } = lease;
    return { shardId, what: '', effects: [], change: { seen: lease, exact: false, lease } };
  });
  const problem = await makeChanges(desk as Desk, changes, true).then(
    () => undefined,
    (error: Error) => error.message,
  );
  return { out, said: said.filter(Boolean), rounds, problem };
}

describe('many changes', () => {
  test('are asked for at once, and said in their order', async () => {
    const { out, said, rounds } = await make(40);
    expect(rounds).toEqual([40]);
    expect(out).toEqual(Array.from({ length: 40 }, (_, index) => `shard ${index}: changed`));
    expect(said).toEqual([]);
  });

  test('are asked for in parts that a process answers together, with a line between them', async () => {
    const { out, said, rounds } = await make(220);
    expect(rounds).toEqual([100, 100, 20]);
    expect(out).toHaveLength(220);
    expect(said).toEqual(['100 of 220', '200 of 220']);
  });

  test('are made and said although one of them is not possible', async () => {
    const { out, problem } = await make(3, (index) =>
      index === 1 ? new LeaseConflict('has another owner') : undefined,
    );
    expect(out).toEqual(['shard 0: changed', 'shard 2: changed']);
    expect(problem).toBe('1 change of 3 not made: has another owner. Look again with `stream list`');
  });

  test('are said also if one fails', async () => {
    const { out, problem } = await make(3, (index) => (index === 0 ? new Error('no answer') : undefined));
    expect(out).toEqual(['shard 1: changed', 'shard 2: changed']);
    expect(problem).toBe('no answer');
  });
});
