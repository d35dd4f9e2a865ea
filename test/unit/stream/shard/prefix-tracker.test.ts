import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PrefixTracker } from '../../../../services/stream/shard/prefix-tracker.ts';
import { recordAt } from '../../../support/stream/stream-record.ts';

describe('prefix tracker', () => {
  test('stays at its first checkpoint until the first record is done', () => {
    const tracker = new PrefixTracker({ kind: 'trim_horizon' });
    tracker.add([recordAt(0), recordAt(1)]);
    tracker.complete(1);
    expect(tracker.checkpoint).toEqual({ kind: 'trim_horizon' });
    expect(tracker.isIdle).toBe(false);
    tracker.complete(0);
    expect(tracker.checkpoint).toEqual({ kind: 'record', sequenceNumber: recordAt(1).sequenceNumber });
    expect(tracker.isIdle).toBe(true);
  });

  test('inside an aggregate, names the sub-sequence number until the aggregate is done', () => {
    const tracker = new PrefixTracker({ kind: 'trim_horizon' });
    tracker.add([0, 1].map((subSequenceNumber) => recordAt(5, { subSequenceNumber })));
    const { sequenceNumber } = recordAt(5);
    tracker.complete(0);
    expect(tracker.checkpoint).toEqual({ kind: 'record', sequenceNumber, subSequenceNumber: 0 });
    tracker.complete(1);
    expect(tracker.checkpoint).toEqual({ kind: 'record', sequenceNumber });
  });

  test('whatever the order of completion, the checkpoint is the end of the contiguous prefix', () => {
    const order = fc.integer({ min: 1, max: 60 }).chain((count) =>
      fc.shuffledSubarray(
        Array.from({ length: count }, (_, index) => index),
        { minLength: count },
      ),
    );
    fc.assert(
      fc.property(order, fc.integer({ min: 1, max: 60 }), (completions, readSize) => {
        const tracker = new PrefixTracker({ kind: 'trim_horizon' });
        const records = completions.map((_, index) => recordAt(index));
        for (let at = 0; at < records.length; at += readSize) tracker.add(records.slice(at, at + readSize));
        const done = new Set<number>();
        for (const index of completions) {
          tracker.complete(index);
          done.add(index);
          let prefix = 0;
          while (done.has(prefix)) prefix++;
          const expected =
            prefix === 0
              ? { kind: 'trim_horizon' }
              : { kind: 'record', sequenceNumber: records[prefix - 1]?.sequenceNumber };
          expect(tracker.checkpoint).toEqual(expected);
        }
        expect(tracker.isIdle).toBe(true);
      }),
    );
  });
});
