import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { putRecordsBody } from '../../../../services/stream/client/put-records-body.ts';

const entries = fc.array(
  fc.record({ data: fc.uint8Array({ maxLength: 200 }), partitionKey: fc.string({ unit: 'binary' }) }),
  { minLength: 1 },
);

test('the body is the JSON of the request, whatever the data and the keys', () => {
  fc.assert(
    fc.property(entries, (given) => {
      expect(putRecordsBody('out', given, Buffer.alloc).toString()).toBe(
        JSON.stringify({
          StreamName: 'out',
          Records: given.map(({ data, partitionKey }) => ({
            Data: Buffer.from(data).toString('base64'),
            PartitionKey: partitionKey,
          })),
        }),
      );
    }),
  );
});
