import { z } from 'zod';
import { PLACEHOLDERS } from './placeholders.ts';
import { NOT_BLANK, rule, rules } from './rule.ts';

const TEXT_RULES = rules(
  rule(NOT_BLANK, 'must not be blank'),
  rule(
    `!self${PLACEHOLDERS.map((name) => `.replace('{{${name}}}', ' ')`).join('')}.contains('{{')`,
    `must not contain another placeholder than ${PLACEHOLDERS.map((name) => `{{${name}}}`).join(', ')}`,
  ),
);
const promql = z.string().min(1).max(4000);

export const analysisQuery = z
  .object({
    name: z
      .string()
      .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
      .max(63)
      .describe('Name of the query in Events and messages.'),
    query: promql.meta({
      description:
        "PromQL expression that gives one value. The operator fills in {{version}}, {{stable}}, {{namespace}}, {{deployment}}, {{pods}}, {{window}} and {{errorRatio}}. The matchers {{pods}} are the namespace, the names of the target's own pods, and spec.analysis.matchers. The duration {{window}} is the time since the step began, for example 90s. The ratio {{errorRatio}} is the share of scoring errors in that time.",
      ...TEXT_RULES,
    }),
    stableQuery: promql.optional().meta({
      description:
        'PromQL expression that gives the same value for the stable version. Here {{version}} and {{errorRatio}} are about the stable version. If set, min and max are limits of the ratio query / stableQuery, and both values must be 0 or more. The ratio of 0 and 0 is 1. No comparison is made while all keys are decided by one version.',
      ...TEXT_RULES,
    }),
    scope: z
      .enum(['step', 'rollout'])
      .optional()
      .describe(
        'What {{window}} and failureLimit of this query are about. step, or absent: this step. rollout: all steps, since the first canary step began. In the bake time both are the bake time.',
      ),
    failureLimit: z
      .int()
      .min(0)
      .max(100)
      .optional()
      .describe(
        'Failed measurements of this query that are tolerated. They do not count towards analysis.failureLimit then. If absent, analysis.failureLimit holds for this query and the others together.',
      ),
    min: z.number().optional().describe('Minimum. A smaller value is a failed measurement.'),
    max: z.number().optional().describe('Maximum. A larger value is a failed measurement.'),
  })
  .meta(
    rule(
      '(has(self.min) || has(self.max)) && (!has(self.min) || !has(self.max) || self.min <= self.max)',
      'needs min or max, and min must not exceed max',
    ),
  );

export type AnalysisQuery = z.output<typeof analysisQuery>;
