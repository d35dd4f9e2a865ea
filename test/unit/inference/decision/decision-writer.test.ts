import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DecisionWriter } from '../../../../services/inference/decision/decision-writer.ts';
import { JSON_EDGES, jsonText } from '../../../support/json-text.ts';
import { propertyCases } from '../../../support/property-cases.ts';

const name = fc.string({ unit: fc.constantFrom('a', ...JSON_EDGES) });

const decided = fc.record({
  requestId: jsonText,
  decisionId: fc.uuid(),
  probability: fc.float({ min: 0, max: 1, noNaN: true }),
  positive: fc.boolean(),
  sequenceNumber: fc.bigInt({ min: 0n, max: 2n ** 186n }).map(String),
  subSequenceNumber: fc.nat(1_000),
});

test('the record of a decision is what JSON.stringify writes, whatever the request id', () => {
  fc.assert(
    fc.property(
      name,
      name,
      fc.nat(),
      fc.array(decided, { minLength: 1, maxLength: 5 }),
      (model, label, epoch, all) => {
        const identity = { name: model, version: '7', runId: model, digest: `sha256:${'0'.repeat(64)}` };
        const shardId = 'shardId-000000000001';
        const scoredAt = new Date(0).toISOString();
        const writer = new DecisionWriter(identity, label, 'stable', { shardId, epoch }, scoredAt);
        const written = all.map(({ requestId: id, decisionId, probability, positive, ...position }) => {
          const record = { ...position, data: Buffer.alloc(0), partitionKey: '', arrivalMilliseconds: 0 };
          return writer.write({ positive, probability }, id, decisionId, record);
        });
        const expected = all.map((one) => ({
          model,
          model_version: '7',
          prediction: {
            [label]: one.positive,
            request_id: one.requestId,
            probability: one.probability,
            reasons: [],
          },
          decision_id: one.decisionId,
          sequence_number: one.sequenceNumber,
          sub_sequence_number: one.subSequenceNumber,
          shard_id: shardId,
          epoch,
          run_id: model,
          digest: identity.digest,
          role: 'stable',
          scored_at: scoredAt,
        }));
        // All are written before the first is read, because records may share memory.
        expect(written.map((bytes) => Buffer.from(bytes).toString())).toEqual(
          expected.map((record) => JSON.stringify(record)),
        );
      },
    ),
    { numRuns: propertyCases(500) },
  );
});
