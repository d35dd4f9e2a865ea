import { describe, expect, test } from '@jest/globals';
import { HOT_KEY_ENTRIES, PendingEntries } from '../../../../services/stream/write/pending-entries.ts';
import { selectWave } from '../../../../services/stream/write/put-wave.ts';

const MEGABYTE = 1024 * 1024;

function entry(partitionKey: string, bytes = 1) {
  return { partitionKey, data: new Uint8Array(bytes) };
}

function select(entries: readonly ReturnType<typeof entry>[], runLength = 8) {
  return selectWave(new PendingEntries(entries), runLength);
}

function keys(...list: readonly string[]) {
  return list.map((key) => entry(key));
}

describe('selectWave', () => {
  test('takes the first entry of each key, so that no entry can overtake another entry of its key', () => {
    expect(select(keys('a', 'b', 'a', 'c', 'b'))).toEqual({ indices: [0, 1, 3], longestRun: 1 });
    const coldest = keys(...Array.from({ length: HOT_KEY_ENTRIES }, () => 'a'));
    expect(select(coldest)).toEqual({ indices: [0], longestRun: 1 });
  });

  test('takes a run of a hot key, and one entry of every other key', () => {
    const pending = keys('a', 'b', 'a', 'b', 'a', 'a', 'a', 'a');
    expect(select(pending, 3)).toEqual({ indices: [0, 1, 2, 4], longestRun: 3 });
    expect(select(pending, 8)).toEqual({ indices: [0, 1, 2, 4, 5, 6, 7], longestRun: 6 });
    expect(select(pending, 1)).toEqual({ indices: [0, 1], longestRun: 1 });
  });

  test('a key stays hot until its last entry is stored', () => {
    const pending = new PendingEntries(keys('a', 'a', 'a', 'a', 'a'));
    expect(selectWave(pending, 3).indices).toEqual([0, 1, 2]);
    pending.drop([0, 1, 2]);
    expect(selectWave(pending, 3).indices).toEqual([0, 1]);
  });

  test('takes at most 500 entries', () => {
    expect(select(Array.from({ length: 700 }, (_, index) => entry(`key-${index}`))).indices).toHaveLength(
      500,
    );
    expect(
      select(
        Array.from({ length: 700 }, () => entry('a')),
        1_000,
      ).indices,
    ).toHaveLength(500);
  });

  test('takes at most 5 MiB, and never lets a small entry pass a large one of its key', () => {
    const pending = [entry('a', 3 * MEGABYTE), entry('b', 3 * MEGABYTE), entry('b', 1), entry('c', 1)];
    expect(select(pending).indices).toEqual([0, 3]);
    const run = [3, 3, 1, 1, 1].map((megabytes) => entry('a', megabytes * MEGABYTE));
    expect(select(run).indices).toEqual([0]);
  });

  test('takes at least one entry, whatever its size', () => {
    expect(select([entry('a', 9 * MEGABYTE)]).indices).toEqual([0]);
  });
});
