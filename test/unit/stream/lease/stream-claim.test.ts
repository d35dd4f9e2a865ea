import { describe, expect, test } from '@jest/globals';
import { type ShardLease, unreadLease } from '../../../../services/stream/lease/shard-lease.ts';
import { assertSameAccount } from '../../../../services/stream/lease/stream-claim.ts';

const ACCOUNT = '111122223333';
const OTHER = '444455556666';

const leaseMadeAt = (createdMilliseconds: number): ShardLease => ({
  ...unreadLease({
    shardId: 'shardId-000000000000',
    parents: [],
    hashRange: undefined,
    epoch: 1,
    checkpoint: { kind: 'shard_end' },
  }),
  createdMilliseconds,
});
const none: ShardLease[] = [];
const made = [leaseMadeAt(Date.UTC(2026, 10, 27))];
const old = [...made, leaseMadeAt(0)];

describe('leases are used by', () => {
  test.each([
    ['anybody, if there are none', undefined, none, false],
    ['a stream by name, if an earlier version made them', undefined, old, true],
    ['a stream by ARN, if a tool of this version made them', undefined, made, false],
    ['a stream by name of the account that is noted', ACCOUNT, old, true],
    ['a stream by ARN of the account that is noted, whoever made them', ACCOUNT, old, false],
  ])('%s', (_, noted, leases, isNamed) => {
    expect(() => assertSameAccount({ account: ACCOUNT, isNamed }, noted, leases)).not.toThrow();
  });
});

describe('leases are refused to', () => {
  test.each([
    ['a stream by ARN of another account', OTHER, made, false],
    ['a stream by name, if the credentials are of another account', OTHER, made, true],
    ['a stream of another account, even if no lease is left', OTHER, none, false],
  ])('%s', (_, noted, leases, isNamed) => {
    expect(() => assertSameAccount({ account: ACCOUNT, isNamed }, noted, leases)).toThrow(
      'the leases are of a stream in account 444455556666, but INPUT_STREAM is in account 111122223333: set CONSUMER_GROUP, or LEASE_FILE, to leases of its own',
    );
  });

  test('a stream by ARN, if one of an earlier version is among them: it may be of another account', () => {
    expect(() => assertSameAccount({ account: ACCOUNT, isNamed: false }, undefined, old)).toThrow(
      /the leases of an earlier version name no account.*start once with its name as INPUT_STREAM/,
    );
  });
});
