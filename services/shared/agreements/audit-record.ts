import { z } from 'zod';
import { transitionSchema } from '../model-deployment/status.ts';

/**
 * The audit record of rollouts. The operator writes each record as one line of JSON to its log, and where set into a
 * Kinesis stream and a bucket.
 */

/** `component` of the lines in the log of the operator that are records. */
export const AUDIT_COMPONENT = 'audit';

/** First part of the key of each object in the audit bucket. The operator may write below it, and nowhere else. */
export const AUDIT_PREFIX = 'rollout';

const source = {
  schemaVersion: z.literal(1).describe('Version of this schema. A later version may add fields.'),
  namespace: z.string().describe('Namespace of the ModelDeployment.'),
  name: z.string().describe('Name of the ModelDeployment.'),
  uid: z.string().describe('`metadata.uid`. A ModelDeployment that was made anew has another.'),
  model: z.string().describe('Registered model in MLflow.'),
};

export const transitionRecordSchema = z
  .object({ kind: z.literal('transition'), ...source, ...transitionSchema.shape })
  .meta({ title: 'Transition' });

export const gapRecordSchema = z
  .object({
    kind: z.literal('gap'),
    ...source,
    from: z.int().min(1).describe('First transition that is missing here.'),
    to: z.int().min(1).describe('Last transition that is missing here.'),
    at: z.string().meta({ format: 'date-time' }).describe('Time at which the gap was told.'),
    reason: z.string().describe('Why the transitions are missing.'),
  })
  .meta({ title: 'Gap' });

export const auditRecordSchema = z.discriminatedUnion('kind', [transitionRecordSchema, gapRecordSchema]);

export type TransitionRecord = z.output<typeof transitionRecordSchema>;
export type GapRecord = z.output<typeof gapRecordSchema>;
export type AuditRecord = z.output<typeof auditRecordSchema>;
