import { describe, expect, test } from '@jest/globals';
import {
  type Checkpoint,
  formatCheckpoint,
  isDone,
  parseCheckpoint,
} from '../../../services/stream/checkpoint.ts';
import { recordAt } from '../../support/stream/stream-record.ts';

describe('checkpoint', () => {
  const all: readonly Checkpoint[] = [
    { kind: 'trim_horizon' },
    { kind: 'timestamp', atMilliseconds: 1_795_503_175_108 },
    { kind: 'record', sequenceNumber: '4968' },
    { kind: 'record', sequenceNumber: '4968', subSequenceNumber: 0 },
    { kind: 'shard_end' },
  ];
  for (const checkpoint of all) {
    const text = formatCheckpoint(checkpoint);
    test(`${text} is read as it was written`, () => expect(parseCheckpoint(text)).toEqual(checkpoint));
  }

  test('names a text that is not a checkpoint', () => {
    expect(() => parseCheckpoint('LATEST')).toThrow('checkpoint "LATEST" must be TRIM_HORIZON');
  });

  test('inside an aggregate, earlier records are done and later records are not', () => {
    const { sequenceNumber } = recordAt(1);
    const checkpoint: Checkpoint = { kind: 'record', sequenceNumber, subSequenceNumber: 1 };
    const done = [0, 1, 2].map((subSequenceNumber) => isDone(checkpoint, recordAt(1, { subSequenceNumber })));
    expect(done).toEqual([true, true, false]);
    expect(isDone(checkpoint, recordAt(2))).toBe(false);
  });
});
