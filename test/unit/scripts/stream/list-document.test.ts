import { expect, test } from '@jest/globals';
import { listDocument } from '../../../../scripts/stream/list-document.ts';
import { HOUR, leaseAt, NOW, shardAt, viewsOf } from '../../../support/stream/shard-views.ts';

const DESK = {
  streams: { input: 'in', rejects: 'rejects' },
  kinesis: 'AWS, us-east-1',
  leases: { place: 'leases in a file' },
} as Parameters<typeof listDocument>[0];
const SNAKE_CASE = /^[a-z]+(_[a-z0-9]+)*$/;

function keysOf(value: unknown): string[] {
  if (value === null || typeof value !== 'object') return [];
  const inner = Object.values(value).flatMap(keysOf);
  return Array.isArray(value) ? inner : [...Object.keys(value), ...inner];
}

test('the document of a list has names in snake_case only, and times in ISO form', () => {
  const shard = shardAt(0, 1);
  const checkpoint = { kind: 'timestamp', atMilliseconds: NOW - HOUR } as const;
  const views = viewsOf([shard], [leaseAt(shard, { checkpoint, doneThroughMilliseconds: NOW - HOUR })]);
  const member = { name: 'pod-a', revision: '5', joinedMilliseconds: NOW, version: '9' };
  const document = listDocument(DESK, views, [member, { ...member, revision: '', joinedMilliseconds: 0 }]);
  expect(document).toMatchObject({
    stream: 'in',
    leases: 'leases in a file',
    shards: [{ checkpoint: '2026-01-31T11:00:00Z', done_through: '2026-01-31T11:00:00Z' }],
    members: [
      { name: 'pod-a', revision: '5', joined_at: '2026-01-31T12:00:00Z', draining: false },
      { revision: null, joined_at: null },
    ],
  });
  expect(keysOf(document).filter((key) => !SNAKE_CASE.test(key))).toEqual([]);
});
