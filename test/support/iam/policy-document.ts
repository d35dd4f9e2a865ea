import { z } from 'zod';

const texts = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const values = z.union([scalar, z.array(scalar)]).transform((value) => [value].flat());
const principals = z.union([z.literal('*'), z.partialRecord(z.enum(['AWS', 'Service', 'Federated']), texts)]);

const statementSchema = z
  .strictObject({
    Sid: z.string().optional(),
    Effect: z.enum(['Allow', 'Deny']),
    Principal: principals.optional(),
    Action: texts.optional(),
    NotAction: texts.optional(),
    Resource: texts.optional(),
    NotResource: texts.optional(),
    /** Operator, then key, then values. */
    Condition: z.record(z.string(), z.record(z.string(), values)).default({}),
  })
  .refine(
    ({ Action, NotAction }) => (Action === undefined) !== (NotAction === undefined),
    'needs either Action or NotAction',
  );

/** A policy as IAM stores it. Elements that the evaluator does not know are refused. */
export const policyDocumentSchema = z.strictObject({
  Version: z.literal('2012-10-17'),
  Id: z.string().optional(),
  Statement: z.union([statementSchema, z.array(statementSchema)]).transform((value) => [value].flat()),
});

export type PolicyDocument = z.output<typeof policyDocumentSchema>;
export type Statement = PolicyDocument['Statement'][number];
