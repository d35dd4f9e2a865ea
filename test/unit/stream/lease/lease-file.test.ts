import { describe, expect, test } from '@jest/globals';
import { formatLeaseFile, parseLeaseFile } from '../../../../services/stream/lease/lease-file.ts';
import { type ShardLease, unreadLease } from '../../../../services/stream/lease/shard-lease.ts';

const LEASE: ShardLease = {
  ...unreadLease({
    shardId: 'shard-0',
    parents: [],
    hashRange: { start: '0', end: '9' },
    epoch: 7,
    checkpoint: { kind: 'record', sequenceNumber: '41' },
  }),
  uncleanEnds: 2,
  trying: '41:2',
};

function reread(lease: ShardLease): ShardLease | undefined {
  const text = formatLeaseFile({ stream: 'in', leases: [lease], edits: [] });
  return parseLeaseFile('leases.json', text).leases[0];
}

describe('lease file', () => {
  test('a lease that was released has no owner', () => {
    expect(reread(LEASE)).toEqual(LEASE);
  });

  test('a lease that was not released still has an owner: the process ended without a stop', () => {
    const lease = reread({ ...LEASE, owner: 'me', released: false });
    expect(lease).toEqual({ ...LEASE, owner: 'an earlier process', released: false });
  });

  test('a file that does not say so was left by a process that stopped', () => {
    const text = formatLeaseFile({ stream: 'in', leases: [LEASE], edits: [] });
    const { leases, ...rest } = JSON.parse(text);
    const older = leases.map(({ released, ...entry }: Record<string, unknown>) => entry);
    const [lease] = parseLeaseFile('leases.json', JSON.stringify({ ...rest, leases: older })).leases;
    expect(lease).toEqual(LEASE);
  });
});
