import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeDeadLetter } from '../../../../services/inference/decision/dead-letter.ts';
import { decisionId } from '../../../../services/inference/decision/decision-id.ts';
import { DecisionWriter } from '../../../../services/inference/decision/decision-writer.ts';
import { deadLetterRecordSchema } from '../../../../services/shared/agreements/dead-letter-record.ts';
import { decisionRecordSchema } from '../../../../services/shared/agreements/decision-record.ts';
import {
  REJECTION_CODES,
  type RejectionCode,
} from '../../../../services/shared/agreements/rejection-codes.ts';

const text = fc.string({ unit: 'binary', maxLength: 40 });
const position = fc.record({
  sequenceNumber: fc.bigInt({ min: 0n, max: 2n ** 186n }).map(String),
  subSequenceNumber: fc.nat(1000),
  arrivalMilliseconds: fc.nat(4_000_000_000_000),
  partitionKey: text,
  data: fc.uint8Array({ maxLength: 200 }),
});
const batchOf = (shardId: string, epoch: number) => ({ stream: 'applications', shardId, epoch, records: [] });

test('what the decision writer assembles by hand is a decision record', () => {
  fc.assert(
    fc.property(
      position,
      text,
      text,
      fc.nat(),
      fc.float({ min: 0, max: 1, noNaN: true }),
      (record, name, requestId, epoch, probability) => {
        const batch = batchOf('shardId-000000000001', epoch);
        const identity = { name, version: '7', runId: name, digest: `sha256:${'0'.repeat(64)}` };
        const writer = new DecisionWriter(identity, 'approved', 'stable', batch, new Date(0).toISOString());
        const decision = { positive: probability >= 0.5, probability };
        const bytes = writer.write(decision, requestId, decisionId(batch, record), record);
        const parsed = decisionRecordSchema.parse(JSON.parse(Buffer.from(bytes).toString()));
        expect(parsed).toMatchObject({ model: name, epoch, prediction: { approved: decision.positive } });
      },
    ),
  );
});

test('what is encoded as a dead letter is a dead-letter record, whatever the payload', () => {
  const code = fc.constantFrom(...(Object.keys(REJECTION_CODES) as RejectionCode[]));
  const size = fc.oneof(fc.nat(100), fc.integer({ min: 736 * 1024, max: 2 ** 20 }));
  fc.assert(
    fc.property(position, text, code, size, (record, message, rejectionCode, bytes) => {
      const letter = {
        model: 'loan-eligibility',
        modelVersion: '',
        requestId: message,
        decisionId: decisionId(batchOf('shardId-1', 1), record),
        rejection: { code: rejectionCode, message },
        rejectedAtMilliseconds: 0,
      };
      const sent = { ...record, data: Buffer.alloc(bytes) };
      const object = { uri: 's3://bucket/a', data: sent.data, sha256: '0'.repeat(64) };
      const encoded = encodeDeadLetter(letter, batchOf('shardId-1', 1), sent, object);
      const parsed = deadLetterRecordSchema.parse(JSON.parse(Buffer.from(encoded).toString()));
      expect(parsed.error).toEqual({ code: rejectionCode, message });
      expect(parsed.payload_truncated ?? false).toBe(bytes > 720 * 1024);
      expect(parsed.payload_s3_uri).toBe(bytes > 720 * 1024 ? object.uri : undefined);
    }),
    { numRuns: 50 },
  );
});
