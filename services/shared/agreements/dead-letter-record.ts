import { z } from 'zod';
import { answerShape } from './decision-record.ts';
import { REJECTION_CODES, type RejectionCode } from './rejection-codes.ts';

/** A record of the dead-letter stream: all that a person needs to find, understand and redrive the input. */
export const deadLetterRecordSchema = z
  .strictObject({
    model: z.string().describe('Registered model.'),
    model_version: z.string().describe('Stable version at that moment. Empty if no model was loaded.'),
    request_id: z.string().optional().describe('As sent. Absent if the record has no readable request id.'),
    ...answerShape,
    error: z
      .strictObject({
        code: z
          .enum(Object.keys(REJECTION_CODES) as [RejectionCode, ...RejectionCode[]])
          .describe('One of the codes below.'),
        message: z.string().describe('One sentence that names field, value and rule.'),
        field: z.string().optional().describe('Field that breaks a rule.'),
      })
      .describe('Why there is no decision.'),
    stream: z.string().describe('Input stream.'),
    partition_key: z.string().describe('Partition key of the input record.'),
    arrived_at: z.iso.datetime().describe('When the input record reached the stream, UTC.'),
    payload: z.base64().describe('Data of the input record. At most 737,280 bytes are kept.'),
    payload_bytes: z.int().optional().describe('Full length. Present only if the payload was truncated.'),
    payload_sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional()
      .describe('Digest of the full payload. Present only if the payload was truncated.'),
    payload_s3_uri: z
      .string()
      .regex(/^s3:\/\/[^/]+\/./)
      .optional()
      .describe(
        'Object with the full payload. Present only if the payload was truncated and ON_FAILURE is set.',
      ),
    payload_truncated: z.literal(true).optional().describe('Present only if the payload was truncated.'),
    rejected_at: z.iso.datetime().describe('When the record was given up, UTC.'),
  })
  .describe('A dead letter, as published on the dead-letter stream.');

export type DeadLetterRecord = z.output<typeof deadLetterRecordSchema>;
