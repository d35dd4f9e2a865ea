import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
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

  test.each<Checkpoint>([
    { kind: 'timestamp', atMilliseconds: -1 },
    { kind: 'timestamp', atMilliseconds: 0.5 },
    { kind: 'timestamp', atMilliseconds: Number.NaN },
    { kind: 'timestamp', atMilliseconds: 1e21 },
    { kind: 'record', sequenceNumber: '' },
    { kind: 'record', sequenceNumber: '4968:1', subSequenceNumber: 1 },
    { kind: 'record', sequenceNumber: '4968', subSequenceNumber: -1 },
    { kind: 'record', sequenceNumber: '4968', subSequenceNumber: 1e21 },
  ])('%j is not written, because it could not be read back', (checkpoint) => {
    expect(() => formatCheckpoint(checkpoint)).toThrow('must be TRIM_HORIZON');
  });

  test('every text is refused, or is written as the same checkpoint', () => {
    const number = fc.stringMatching(/^\d{1,40}$/);
    const texts = fc.oneof(
      fc.string(),
      number,
      fc.tuple(number, number).map(([sequence, sub]) => `${sequence}:${sub}`),
      number.map((time) => `AT_TIMESTAMP:${time}`),
    );
    fc.assert(
      fc.property(texts, (text) => {
        let checkpoint: Checkpoint;
        try {
          checkpoint = parseCheckpoint(text);
        } catch {
          return;
        }
        expect(parseCheckpoint(formatCheckpoint(checkpoint))).toEqual(checkpoint);
      }),
    );
  });

  test('inside an aggregate, earlier records are done and later records are not', () => {
    const { sequenceNumber } = recordAt(1);
    const checkpoint: Checkpoint = { kind: 'record', sequenceNumber, subSequenceNumber: 1 };
    const done = [0, 1, 2].map((subSequenceNumber) => isDone(checkpoint, recordAt(1, { subSequenceNumber })));
    expect(done).toEqual([true, true, false]);
    expect(isDone(checkpoint, recordAt(2))).toBe(false);
  });
});
