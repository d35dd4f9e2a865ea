import { z } from 'zod';

const position = {
  shard_id: z.string().describe('Shard of the input stream. Empty if a Lambda event did not name the shard.'),
  sequence_number: z.string().describe('Sequence number of the input record.'),
  sub_sequence_number: z
    .int()
    .min(0)
    .describe('Place of the record inside a KPL aggregate. 0 for a plain record.'),
  epoch: z
    .int()
    .min(0)
    .describe('Fencing token of the lease. The token grows each time that the shard changes its owner.'),
} as const;

const decisionId = z
  .uuid()
  .describe('UUIDv5 of stream, shard, sequence and sub-sequence number. A retry repeats the id.');

/** Both kinds of answer carry these, so that a reader can tell what was decided by which model. */
export const answerShape = { ...position, decision_id: decisionId } as const;

/**
 * A record of the output stream. The writer is services/inference/decision/decision-writer.ts, which builds the text by
 * hand; a test holds that this schema accepts all of it. `prediction` also holds the decision itself, a boolean under the
 * name that `decision.name` of serving.json gives: `approved` for the bundled model.
 */
export const decisionRecordSchema = z
  .strictObject({
    model: z.string().describe('Registered model.'),
    model_version: z.string().describe('Version that decided.'),
    prediction: z
      .object({
        request_id: z
          .string()
          .describe('As sent. Equal to `decision_id` if the application had no request id.'),
        probability: z.number().min(0).max(1).describe('Probability of the positive class.'),
        reasons: z.array(z.unknown()).describe('Always empty in this version.'),
      })
      .catchall(z.boolean())
      .describe('The decision under the name that serving.json gives, for example `approved`.'),
    ...answerShape,
    run_id: z.string().describe('MLflow run that made the version.'),
    digest: z.string().describe('`sha256:…` over the version’s files.'),
    role: z.enum(['stable', 'candidate']).describe('Role of the version at that moment.'),
    scored_at: z.iso.datetime().describe('When the batch was scored, UTC.'),
  })
  .describe('A decision, as published on the output stream.');
