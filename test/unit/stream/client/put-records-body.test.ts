import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { putRecordsBody } from '../../../../services/stream/client/put-records-body.ts';
import { jsonText } from '../../../support/json-text.ts';
import { propertyCases } from '../../../support/property-cases.ts';

const data = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
);
const entries = fc.array(fc.record({ data, partitionKey: jsonText }), { minLength: 1 });

test.each([
  ['out', { StreamName: 'out' }],
  [
    'arn:aws:kinesis:us-east-1:111122223333:stream/out',
    { StreamARN: 'arn:aws:kinesis:us-east-1:111122223333:stream/out' },
  ],
])('the body of stream %s is the JSON of the request, whatever the data and the keys', (stream, member) => {
  fc.assert(
    fc.property(entries, (given) => {
      expect(putRecordsBody(stream, given, Buffer.alloc).toString()).toBe(
        JSON.stringify({
          ...member,
          Records: given.map(({ data, partitionKey }) => ({
            Data: Buffer.from(data).toString('base64'),
            PartitionKey: partitionKey,
          })),
        }),
      );
    }),
    { numRuns: propertyCases(300) },
  );
});
