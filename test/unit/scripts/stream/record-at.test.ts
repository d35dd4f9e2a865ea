import { describe, expect, test } from '@jest/globals';
import type { Desk } from '../../../../scripts/stream/desk.ts';
import { firstRecordsAt, recordsAt } from '../../../../scripts/stream/record-at.ts';
import type { StreamClient } from '../../../../services/stream/client/stream-client.ts';
import { StreamError } from '../../../../services/stream/client/stream-error.ts';

/** A desk whose Kinesis answers the request for an iterator so. */
function deskThat(iterator: StreamClient['iterator']): Desk {
  const desk: Partial<Desk> = {
    client: { iterator } as Partial<StreamClient> as StreamClient,
    streams: { input: 'in', rejects: 'rejects' },
  };
  return desk as Desk;
}

const failing = deskThat(() =>
  Promise.reject(new StreamError('unavailable', 'InternalFailure: UnknownError')),
);
const refusing = deskThat(() => Promise.reject(new StreamError('invalid', 'no such number')));
const SHARD = 'shardId-000000000000';
const LONG = '4'.repeat(56);

describe('a record', () => {
  test('whose number is too short to be a sequence number is not asked for', async () => {
    expect(await firstRecordsAt(failing, SHARD, '1')).toBeUndefined();
    await expect(recordsAt(failing, SHARD, '1')).rejects.toThrow('shard 0 of in has no record 1');
  });

  test('that Kinesis says is not of the shard is not there', async () => {
    expect(await firstRecordsAt(refusing, SHARD, LONG)).toBeUndefined();
  });

  test('is not said to be absent if Kinesis fails', async () => {
    await expect(firstRecordsAt(failing, SHARD, LONG)).rejects.toThrow('InternalFailure');
  });
});
