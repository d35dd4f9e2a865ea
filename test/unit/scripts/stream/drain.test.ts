import { describe, expect, test } from '@jest/globals';
import { drainCommand } from '../../../../scripts/stream/commands/drain.ts';
import type { Desk } from '../../../../scripts/stream/desk.ts';
import type { GroupLeases, SeenLease } from '../../../../scripts/stream/group-leases.ts';
import { systemClock } from '../../../../services/shared/clock.ts';
import type { StreamClient } from '../../../../services/stream/client/stream-client.ts';
import { DESCRIPTION, leaseAt, shardAt } from '../../../support/stream/shard-views.ts';

const shards = [0, 1].map((index) => shardAt(index, 2));
const members = ['pod-a', 'pod-b'].map((name) => ({
  name,
  revision: '',
  joinedMilliseconds: 0,
  version: '',
}));

/**
 * Drains pod-a or a shard of it. Every wait is over at once.
 * @param change what each lease is `after` this number of looks that follow the request
 */
async function drain(operand: string, after: number, change: Partial<SeenLease>, to?: string) {
  const out: string[] = [];
  const said: string[] = [];
  let monotonic = 0;
  let looks = Number.NEGATIVE_INFINITY;
  const ask = async () => {
    looks = 0;
  };
  const leases: GroupLeases = {
    place: 'here',
    state: async () => {
      const isGiven = ++looks > after;
      return { account: undefined, members, leases: shards.map((it) => leaseAt(it, isGiven ? change : {})) };
    },
    change: () => Promise.reject(new Error('no change')),
    assertCanDrain: async () => {},
    requestHandOff: ask,
    drain: ask,
    close: async () => {},
  };
  const client: Partial<StreamClient> = { describe: async () => DESCRIPTION, listShards: async () => shards };
  const desk: Partial<Desk> = {
    leases,
    client: client as StreamClient,
    streams: { input: 'in', rejects: 'rejects' },
    clock: {
      ...systemClock,
      monotonic: () => monotonic,
      sleep: async (milliseconds) => {
        monotonic += milliseconds;
      },
    },
    terminal: { out: (text) => out.push(text), say: (text) => said.push(text), ask: undefined },
    signal: new AbortController().signal,
  };
  const input = {
    operands: [operand],
    text: (option: string) => (option === 'to' ? to : undefined),
    flag: (option: string) => option === 'yes',
  };
  const problem = await drainCommand.run(input, desk as Desk).then(
    () => undefined,
    (error: Error) => error.message,
  );
  return { out, said, problem, seconds: monotonic / 1000 };
}

describe('a drain', () => {
  test('is over once another member has taken every shard', async () => {
    expect(await drain('pod-a', 3, { owner: 'pod-b' })).toMatchObject({
      out: ['pod-a: drained'],
      problem: undefined,
      seconds: 1.5,
    });
    expect((await drain('0', 1, { owner: 'pod-b' })).out).toEqual(['shard 0: read by pod-b']);
  });

  test('fails if the shards are given to a member that never takes them', async () => {
    const { out, said, problem } = await drain('pod-a', 0, { owner: 'pod-b', released: true });
    expect(out).toEqual([]);
    expect(problem).toBe(
      'nobody has taken 2 shards (0, 1) from pod-a within 60 s: start another pod, or `stream drain pod-a --undo` has it read on. Look with `stream list`',
    );
    expect(said).toContain('  nobody has taken 2 shards (0, 1) from pod-a yet');
    expect((await drain('0', 0, { owner: 'pod-b', released: true })).problem).toContain(
      'nobody has taken shard 0 from pod-a within 60 s: start another pod',
    );
  });

  test('to nobody is over once the member has given up its shards', async () => {
    expect(await drain('pod-a', 0, { owner: undefined, released: true }, 'nobody')).toMatchObject({
      out: ['pod-a: drained'],
      problem: undefined,
    });
  });

  test('fails if the member keeps its shards', async () => {
    expect((await drain('pod-a', 1_000, {})).problem).toBe(
      'pod-a has not given up 2 shards (0, 1) within 60 s: it is still asked to. Look with `stream list`',
    );
  });
});
