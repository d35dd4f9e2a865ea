import { describe, expect, test } from '@jest/globals';
import { check, type Published } from '../../chaos/checker.ts';

// The judge of the chaos suite must see each kind of wrong.
function published(...numbers: readonly (readonly [number, string, number])[]): Published[] {
  return numbers.map(([number, decisionId, epoch], index) => ({
    position: String(index).padStart(4, '0'),
    key: 'key',
    number,
    decisionId,
    shardId: 'shard-0',
    epoch,
  }));
}

describe('chaos checker', () => {
  const sent = new Map([['key', 3]]);

  test('is content with all records in order, and with repeats under the same id', () => {
    const records = published([0, 'a', 1], [1, 'b', 1], [0, 'a', 2], [1, 'b', 2], [2, 'c', 2]);
    expect(check(sent, records)).toEqual({ violations: [], repeats: 2, reorders: 0 });
  });

  test('sees a lost record', () => {
    expect(check(sent, published([0, 'a', 1], [1, 'b', 1])).violations).toEqual(['key/2 was lost']);
  });

  test('sees records out of order', () => {
    const { violations } = check(sent, published([0, 'a', 1], [2, 'c', 1], [1, 'b', 1]));
    expect(violations).toEqual(['key: 1 was published after 2, and 2 did not follow again']);
  });

  test('a record may overtake an earlier record if it follows again afterwards', () => {
    const records = published([0, 'a', 1], [2, 'c', 1], [1, 'b', 1], [2, 'c', 1]);
    expect(check(sent, records)).toEqual({ violations: [], repeats: 1, reorders: 1 });
  });

  test('every record that overtook must follow again, in order', () => {
    const four = new Map([['key', 4]]);
    const wrong = published([0, 'a', 1], [2, 'c', 1], [3, 'd', 1], [1, 'b', 1], [3, 'd', 1]);
    expect(check(four, wrong).violations).toEqual([
      'key: 1 was published after 2, and 2 did not follow again',
    ]);
    const swapped = published([0, 'a', 1], [2, 'c', 1], [3, 'd', 1], [1, 'b', 1], [3, 'd', 1], [2, 'c', 1]);
    expect(check(four, swapped).violations).toEqual([
      'key: 2 was published after 3, and 3 did not follow again',
    ]);
  });

  test('a parent shard that a person rewound may be read again after its child', () => {
    const [first, second, again] = published([0, 'a', 1], [1, 'b', 1], [0, 'a', 2]) as [
      Published,
      Published,
      Published,
    ];
    const two = new Map([['key', 2]]);
    const child = { ...second, shardId: 'shard-1' };
    expect(check(two, [first, child, again]).violations).toEqual([]);
    const early = { ...child, position: '!' };
    expect(check(two, [early, first]).violations).toEqual([
      'key: 0 was published after 1, which is of another shard',
    ]);
  });

  test('sees a child shard that is read while its parent is read again', () => {
    const four = new Map([['key', 4]]);
    const appear = (...numbers: readonly number[]) =>
      published(...numbers.map((number) => [number, `id-${number}`, 1] as const)).map((it) => ({
        ...it,
        shardId: it.number < 2 ? 'parent' : 'child',
      }));
    expect(check(four, appear(0, 1, 2, 0, 1, 2, 3)).violations).toEqual([]);
    expect(check(four, appear(0, 1, 2, 0, 0, 1, 3)).violations).toEqual([]);
    expect(check(four, appear(0, 1, 2, 0, 3, 1)).violations).toEqual([
      'key: 3 of child was published while parent was read again, from 0',
    ]);
    expect(check(four, appear(0, 1, 2, 0, 2, 1, 3)).violations).toEqual([
      'key: 2 of child was published while parent was read again, from 0',
    ]);
  });

  test('sees a repeat that makes an older record the last word', () => {
    const records = published([0, 'a', 1], [1, 'b', 1], [2, 'c', 1], [1, 'b', 1]);
    expect(check(sent, records).violations).toEqual([
      'key: 1 was published after 2, and 2 did not follow again',
    ]);
  });

  test('sees a record with two decision ids', () => {
    const { violations } = check(sent, published([0, 'a', 1], [1, 'b', 1], [2, 'c', 1], [2, 'd', 1]));
    expect(violations).toEqual(['key/2 was published with two decision ids']);
  });

  test('sees an owner that writes after its successor', () => {
    const { violations } = check(sent, published([0, 'a', 1], [1, 'b', 2], [2, 'c', 1]));
    expect(violations[0]).toMatch('epoch 1 wrote key/2');
  });
});
