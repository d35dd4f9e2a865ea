import { z } from 'zod';
import { ERROR_RATIO } from './growth.ts';

/** A CEL rule that the API server checks, for what a schema can't say. */
function rule(expression: string, message: string) {
  return { 'x-kubernetes-validations': [{ rule: expression, message }] };
}

const url = z
  .string()
  .regex(/^https?:\/\/[^\s]+[^/\s]$/)
  .max(500);
const name = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
  .max(63);
const ratio = z.number().min(0).max(1);
const samples = z.int().min(1).max(1_000_000_000);
const seconds = (minimum: number) => z.int().min(minimum).max(604_800);

const registry = z
  .object({
    url: url.describe('MLflow tracking server, without trailing slash.'),
    alias: z
      .string()
      .regex(/^[A-Za-z0-9_-]+$/)
      .max(100)
      .meta({
        description: 'The alias whose version is to be served. Moving it is the deployment.',
        ...rule("!self.matches('^(latest|v[0-9]+)$')", 'MLflow reserves latest and v<digits>'),
      }),
    pollSeconds: seconds(1)
      .default(10)
      .describe('How often the alias is read. A webhook only makes it sooner.'),
    onAliasDeleted: z
      .enum(['KeepServing'])
      .default('KeepServing')
      .describe('A deleted alias never takes a model out of service.'),
  })
  .describe('Where promotions come from.');

const target = z
  .object({
    deployment: name.describe('Deployment in the same namespace.'),
    container: name.describe('Its container that gets MODEL_VERSION and MODEL_DIGEST.'),
  })
  .describe('Where the model is served.');

const verification = z
  .object({
    deadlineSeconds: seconds(10).default(300).describe('For the verification Job as a whole.'),
    maxBatchP99Milliseconds: z
      .number()
      .min(0.1)
      .max(60_000)
      .default(50)
      .describe('A slower model is refused.'),
  })
  .prefault({})
  .describe('A Job in the inference image: artifacts, digest, signature, golden samples, latency.');

const shadow = z
  .object({
    minimumSamples: samples.default(200).describe('Live records scored by both models before it is decided.'),
    minimumAgreement: ratio
      .default(0.9)
      .describe(
        'Share of records on which both decide alike. A record on which the candidate errs counts against it.',
      ),
    maximumScoreShift: z
      .number()
      .min(0)
      .max(10)
      .default(0.25)
      .describe('Population stability index of the probabilities, candidate against stable.'),
    maximumApprovalRatioChange: ratio
      .default(0.2)
      .describe(
        'Absolute change of the share of approvals, over all and in each group of at least 30 records.',
      ),
    deadlineSeconds: seconds(10)
      .default(1800)
      .describe('Without a verdict by then, the candidate has failed.'),
  })
  .describe('Scored on live records beside the stable model, nothing published. Absent: skipped.');

const canary = z
  .object({
    steps: z
      .array(
        z.object({
          weightPercent: z
            .int()
            .min(1)
            .max(100)
            .describe('Share of the partition keys that the candidate decides.'),
          minimumSamples: samples.default(100).describe('Records that the candidate decided in this step.'),
        }),
      )
      .min(1)
      .max(10)
      .meta({
        description: 'Ascending.',
        ...rule(
          'self.map(s, s.weightPercent).isSorted() && self.all(a, self.exists_one(b, b.weightPercent == a.weightPercent))',
          'weightPercent must grow from step to step',
        ),
      }),
    stepDeadlineSeconds: seconds(10).default(1800).describe('A step without a verdict by then has failed.'),
  })
  .describe('Decides for a growing share of the partition keys. Absent: skipped.');

const query = z
  .object({
    name: name.describe('For Events and messages.'),
    query: z
      .string()
      .min(1)
      .max(4000)
      .describe(
        'PromQL of one value. {{version}}, {{stable}}, {{namespace}}, {{deployment}}, {{pods}} (label matchers of the target pods) and {{window}} (time since the step began, e.g. 90s) are replaced.',
      ),
    min: z.number().optional().describe('A smaller value is a failed measurement.'),
    max: z.number().optional().describe('A larger value is a failed measurement.'),
  })
  .meta(
    rule(
      '(has(self.min) || has(self.max)) && (!has(self.min) || !has(self.max) || self.min <= self.max)',
      'needs min or max, and min must not exceed max',
    ),
  );

const analysis = z
  .object({
    prometheus: url.describe('Prometheus, without trailing slash.'),
    intervalSeconds: seconds(1).default(15).describe('Time between two measurements.'),
    failureLimit: z
      .int()
      .min(0)
      .max(100)
      .default(1)
      .describe('Failed measurements that a step survives. One more and it has failed.'),
    queries: z
      .array(query)
      .max(20)
      .default([{ name: 'error-ratio', query: ERROR_RATIO, max: 0.01 }])
      .describe('Measured in every canary step and while soaking. Absent: share of errors at most 0.01.'),
  })
  .describe('Where measurements come from. No value or NaN is neither passed nor failed.');

export const specSchema = z
  .object({
    model: z
      .string()
      .min(1)
      .max(200)
      .meta({ description: 'Registered model.', ...rule('self == oldSelf', 'model is immutable') }),
    registry,
    target,
    verification,
    shadow: shadow.optional(),
    canary: canary.optional(),
    analysis: analysis.optional(),
    soakSeconds: seconds(0)
      .default(300)
      .describe(
        'For how long a new stable version is watched; a failure restores the last good one. Without a verdict for as long again it stays, unproven. 0: not watched.',
      ),
    suspend: z.boolean().default(false).describe('While true, nothing is changed.'),
  })
  .meta(
    rule(
      '!(has(self.shadow) || has(self.canary)) || has(self.analysis)',
      'shadow and canary need analysis.prometheus',
    ),
  );

export type ModelDeploymentSpec = z.output<typeof specSchema>;
