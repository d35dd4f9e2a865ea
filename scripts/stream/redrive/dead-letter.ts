import { z } from 'zod';
import { answerShape } from '../../../services/shared/agreements/decision-record.ts';

/**
 * The members of a dead letter that a redrive needs. Letters of an older or a newer version may have other members and
 * other codes.
 */
const letterSchema = z.object({
  decision_id: answerShape.decision_id,
  shard_id: z.string(),
  error: z.object({ code: z.string(), field: z.string().optional() }),
  stream: z.string(),
  partition_key: z.string(),
  payload: z.base64(),
  payload_bytes: z.number().optional(),
  payload_sha256: z.string().optional(),
  payload_s3_uri: z.string().optional(),
  payload_truncated: z.boolean().optional(),
  rejected_at: z.iso.datetime(),
});

export type DeadLetter = z.output<typeof letterSchema>;

/** Undefined if the data is not a dead letter. */
export function parseDeadLetter(data: Uint8Array): DeadLetter | undefined {
  try {
    return letterSchema.parse(JSON.parse(new TextDecoder().decode(data)));
  } catch {
    return undefined;
  }
}
