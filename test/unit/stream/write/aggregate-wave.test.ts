import { describe, expect, test } from '@jest/globals';
import type { PutEntry } from '../../../../services/stream/client/stream-client.ts';
import { packWave } from '../../../../services/stream/write/aggregate-wave.ts';

const KILOBYTE = 1024;

function entry(partitionKey: string, bytes = 10): PutEntry {
  return { partitionKey, data: new Uint8Array(bytes) };
}

/** The first letter of a key is its shard. */
function pack(...entries: readonly PutEntry[]): [string, readonly number[]][] {
  return packWave(entries, (partitionKey) => partitionKey.charAt(0)).map(({ shardId, indices }) => [
    shardId,
    indices,
  ]);
}

describe('aggregate wave', () => {
  test('packs by shard, in order, with every entry of a key', () => {
    expect(pack(entry('a1'), entry('b1'), entry('a2'), entry('a1'), entry('b1'))).toEqual([
      ['a', [0, 2, 3]],
      ['b', [1, 4]],
    ]);
  });

  test('begins another pack if a pack is full', () => {
    const large = (key: string) => entry(key, 20 * KILOBYTE);
    expect(pack(large('a1'), large('a2'), large('a3'), large('a4'))).toEqual([
      ['a', [0, 1]],
      ['a', [2, 3]],
    ]);
  });

  test('a key is never in two packs of one request: its later entries wait', () => {
    const large = (key: string) => entry(key, 20 * KILOBYTE);
    expect(pack(large('a1'), large('a2'), large('a3'), entry('a1'), large('a4'), entry('a2'))).toEqual([
      ['a', [0, 1]],
      ['a', [2, 4]],
    ]);
    expect(pack(large('a1'), large('a1'), large('a1'), entry('a1'))).toEqual([['a', [0, 1]]]);
  });

  test('an entry that is larger than a pack gets a pack of its own', () => {
    expect(pack(entry('a1'), entry('a2', 900 * KILOBYTE), entry('a3'))).toEqual([
      ['a', [0]],
      ['a', [1]],
      ['a', [2]],
    ]);
  });

  test('keeps to the limits of a request, and holds back the keys that do not fit', () => {
    const huge = Array.from({ length: 7 }, (_, index) => entry(`${index}`, 900 * KILOBYTE));
    expect(pack(...huge, entry('6')).flatMap(([, indices]) => indices)).toEqual([0, 1, 2, 3, 4]);
    const letters = Array.from({ length: 600 }, (_, index) => entry(String.fromCodePoint(0x4e00 + index)));
    expect(pack(...letters)).toHaveLength(500);
  });
});
