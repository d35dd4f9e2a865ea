import { expect, test } from '@jest/globals';
import { checkRejected } from '../../chaos/rejected.ts';
import { FakeStream } from '../../support/kinesis-fake/fake-stream.ts';

function rejects(...keys: readonly string[]): FakeStream {
  const stream = new FakeStream('rejects', 2, () => 0);
  for (const key of keys) stream.put(stream.shardFor(key), key, '');
  return stream;
}

test('every hostile payload has a dead letter, and some have two', () => {
  expect(checkRejected(['hostile-0', 'hostile-1'], rejects('hostile-1', 'hostile-0', 'hostile-1'))).toEqual(
    [],
  );
});

test('a hostile payload without a dead letter is lost', () => {
  expect(checkRejected(['hostile-0', 'hostile-1'], rejects('hostile-1'))).toEqual(['hostile-0 was lost']);
});

test('a good record must not become a dead letter', () => {
  expect(checkRejected([], rejects('key-4'))).toEqual(['key-4 became a dead letter']);
});
