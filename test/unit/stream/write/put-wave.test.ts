import { describe, expect, test } from '@jest/globals';
import { selectWave } from '../../../../services/stream/write/put-wave.ts';

function entry(partitionKey: string, bytes = 1) {
  return { partitionKey, data: new Uint8Array(bytes) };
}

describe('selectWave', () => {
  test('takes the first entry of each key, so that no entry can overtake another entry of its key', () => {
    expect(selectWave(['a', 'b', 'a', 'c', 'b'].map((key) => entry(key)))).toEqual([0, 1, 3]);
  });

  test('takes at most 500 entries', () => {
    expect(selectWave(Array.from({ length: 700 }, (_, index) => entry(`key-${index}`)))).toHaveLength(500);
  });

  test('takes at most 5 MiB, and never lets a small entry pass a large one of its key', () => {
    const megabyte = 1024 * 1024;
    const pending = [entry('a', 3 * megabyte), entry('b', 3 * megabyte), entry('b', 1), entry('c', 1)];
    expect(selectWave(pending)).toEqual([0, 3]);
  });

  test('takes at least one entry, whatever its size', () => {
    expect(selectWave([entry('a', 9 * 1024 * 1024)])).toEqual([0]);
  });
});
