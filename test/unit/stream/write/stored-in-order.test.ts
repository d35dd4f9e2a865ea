import { describe, expect, test } from '@jest/globals';
import type { Placement } from '../../../../services/stream/client/stream-client.ts';
import { storedInOrder } from '../../../../services/stream/write/stored-in-order.ts';

/** One entry is a key and its sequence number, or a key alone if it was refused. */
function judge(...answers: readonly string[]) {
  const parts = answers.map((answer) => answer.split(' '));
  const entries = parts.map(([partitionKey = '']) => ({ partitionKey, data: new Uint8Array() }));
  const placements = parts.map(
    ([, sequenceNumber]): Placement =>
      sequenceNumber === undefined ? { code: 'Throttled', message: '' } : { shardId: 's', sequenceNumber },
  );
  return storedInOrder(entries, placements);
}

describe('storedInOrder', () => {
  test('counts a run that was stored whole and in order', () => {
    expect(judge('a 9', 'b 3', 'a 10', 'a 110')).toEqual({ positions: [0, 1, 2, 3], overtaking: 0 });
  });

  test('after a refused entry, the later entries of its key alone do not count', () => {
    expect(judge('a 1', 'a', 'b 2', 'a 3', 'a 4', 'b 5')).toEqual({ positions: [0, 2, 5], overtaking: 2 });
  });

  test('if the end of a run was refused, nothing overtook it', () => {
    expect(judge('a 1', 'a 2', 'a', 'a')).toEqual({ positions: [0, 1], overtaking: 0 });
  });

  test('an entry that was stored before an earlier entry of its key does not count, nor do those after it', () => {
    expect(judge('a 1', 'a 30', 'a 20', 'a 40')).toEqual({ positions: [0, 1], overtaking: 2 });
  });

  test('an entry without an answer counts as refused', () => {
    const entry = { partitionKey: 'a', data: new Uint8Array() };
    expect(storedInOrder([entry], [])).toEqual({ positions: [], overtaking: 0 });
  });
});
