import { z } from 'zod';
import { analysisQuery } from './analysis-query.ts';
import { approval } from './approval.ts';
import { canaryStep } from './canary-step.ts';
import { metricsCredentials, registryCredentials } from './credentials.ts';
import { isolatedCanary } from './isolated-canary.ts';
import { LABEL_MATCHERS } from './label-matchers.ts';
import { requireModelSignature } from './model-signature.ts';
import { notifications } from './notifications.ts';
import { pin } from './pin.ts';
import { NOT_BLANK, rule, ruleOfFields, rules } from './rule.ts';
import { SERVER_URL_RULES, serverUrl } from './server-url.ts';
import { windows } from './windows.ts';

const INTERVAL = 'self.?analysis.?intervalSeconds.orValue(0)';
const name = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
  .max(63);
const ratio = z.number().min(0).max(1);
const samples = z.int().min(1).max(1_000_000_000);
const seconds = (minimum: number) => z.int().min(minimum).max(604_800);

const registry = z
  .object({
    url: serverUrl.meta({
      description: 'URL of the MLflow tracking server, without a trailing slash.',
      ...SERVER_URL_RULES,
    }),
    credentials: registryCredentials.optional(),
    alias: z
      .string()
      .regex(/^[A-Za-z0-9_-]+$/)
      .max(100)
      .meta({
        description: 'Alias of the version to serve. Moving the alias starts a rollout.',
        ...rule("!self.matches('^(?i:latest|v[0-9]+)$')", 'MLflow reserves latest and v<digits>'),
      }),
    pollSeconds: seconds(1)
      .default(10)
      .describe('Seconds between two reads of the alias. A webhook triggers a read at once.'),
    onAliasDeleted: z
      .enum(['KeepServing'])
      .default('KeepServing')
      .describe('Effect of a deleted alias. KeepServing: the stable version stays in service.'),
  })
  .describe('The registry alias that the operator follows.');

const target = z
  .object({
    deployment: z
      .string()
      .regex(/^[a-z0-9]+(?:-+[a-z0-9]+)*(?:\.[a-z0-9]+(?:-+[a-z0-9]+)*)*$/)
      .max(253)
      .describe('Name of the Deployment to roll out, in the same namespace.'),
    container: name.describe(
      'Name of the container in which the operator sets MODEL_VERSION and MODEL_DIGEST.',
    ),
  })
  .describe('The Deployment that serves the model.');

const verification = z
  .object({
    deadlineSeconds: seconds(10).default(300).describe('Deadline of one verification Job, in seconds.'),
    maxBatchP99Milliseconds: z
      .number()
      .min(0.1)
      .max(60_000)
      .default(50)
      .describe(
        'Maximum 99th percentile of the latency of a batch, in milliseconds. A slower version is refused.',
      ),
    requireStableContract: z
      .boolean()
      .default(true)
      .describe(
        'If true, a version is refused if the contract of the stable version cannot be read any more. If false, that comparison is then left out.',
      ),
    requireModelSignature,
  })
  .prefault({})
  .describe(
    'Checks by a Job in the inference image: artifacts, digest, signature, golden samples and latency.',
  );

const shadow = z
  .object({
    minimumSamples: samples
      .default(200)
      .describe('Minimum number of live records that both versions scored before a verdict.'),
    minimumAgreement: ratio
      .default(0.9)
      .describe(
        "Minimum share of records with equal decisions, from 0 to 1. A candidate's scoring error counts as a disagreement.",
      ),
    maximumScoreShift: z
      .number()
      .min(0)
      .max(10)
      .default(0.25)
      .describe(
        'Maximum population stability index between the probabilities of the candidate and of the stable version.',
      ),
    maximumApprovalRatioChange: ratio
      .default(0.2)
      .describe(
        'Maximum absolute change of the approval share (0 to 1), overall and in each group of at least 30 records.',
      ),
    deadlineSeconds: seconds(10)
      .default(1800)
      .describe('Deadline of this phase, in seconds. A candidate without a verdict by then is refused.'),
  })
  .describe(
    'The candidate scores live records beside the stable version, and publishes nothing. If absent, the operator skips this phase.',
  );

const canary = z
  .object({
    steps: z
      .array(canaryStep)
      .min(1)
      .max(10)
      .meta({
        description: 'Steps with a growing share of the partition keys.',
        ...rule(
          'self.map(s, s.weightPercent).isSorted() && self.all(a, self.exists_one(b, b.weightPercent == a.weightPercent))',
          'weightPercent must grow from step to step',
        ),
      }),
    isolated: isolatedCanary.optional(),
    stepDeadlineSeconds: seconds(10)
      .default(1800)
      .describe(
        'Deadline of each step, in seconds, also for loading the candidate. Without a verdict the candidate is refused.',
      ),
  })
  .describe(
    'The candidate decides a growing share of the partition keys. If absent, the operator skips this phase.',
  );

const analysis = z
  .object({
    prometheus: serverUrl.meta({
      description: 'URL of Prometheus, without a trailing slash.',
      ...SERVER_URL_RULES,
    }),
    credentials: metricsCredentials.optional(),
    matchers: z
      .string()
      .max(500)
      .optional()
      .meta({
        description:
          'PromQL label matchers, for example cluster="prod",env!="test". The placeholder {{pods}} includes them. Set them if this Prometheus has the series of several clusters.',
        ...rules(
          rule(
            `self.matches(r'${LABEL_MATCHERS.source}')`,
            'must be PromQL label matchers, separated by commas: LABEL="VALUE", with =, !=, =~ or !~',
          ),
          rule("!self.contains('{{')", 'must not contain placeholders, because none is filled in here'),
          rule(
            `!self.matches('(^|",)__name__[=!]')`,
            'must not match __name__, because each metric has another name',
          ),
        ),
      }),
    intervalSeconds: seconds(1).default(15).describe('Seconds between two measurements.'),
    failureLimit: z
      .int()
      .min(0)
      .max(100)
      .default(1)
      .describe(
        'Failed measurements tolerated in a step. The next failed measurement fails the step. A query may have a limit of its own.',
      ),
    queries: z
      .array(analysisQuery)
      .max(20)
      .default([{ name: 'error-ratio', query: '{{errorRatio}}', max: 0.01 }])
      .meta({
        description:
          'Queries for each canary step and the bake time. Default: the share of scoring errors is at most 0.01.',
        ...rule('self.all(a, self.exists_one(b, b.name == a.name))', 'each query needs a name of its own'),
      }),
  })
  .describe(
    'Measurements of a candidate and of a new stable version. A missing value or NaN neither passes nor fails.',
  );

export const specSchema = z
  .object({
    model: z
      .string()
      .min(1)
      .max(200)
      .meta({
        description: 'Name of the registered model in MLflow.',
        ...rules(
          rule('self == oldSelf', 'model is immutable'),
          rule(NOT_BLANK, 'must not be blank'),
          rule(
            "!self.matches(r'[/:\\p{Cc}\\p{Zl}\\p{Zp}]')",
            'must not contain /, : or a control character, because MLflow has no such model',
          ),
        ),
      }),
    registry,
    target,
    verification,
    approval: approval.optional(),
    shadow: shadow.optional(),
    canary: canary.optional(),
    windows: windows.optional(),
    notifications: notifications.optional(),
    analysis: analysis.optional(),
    soakSeconds: seconds(0)
      .default(300)
      .describe(
        'Bake time: for how long the operator watches a new stable version, in seconds. A failure restores the last good version. Without a verdict, the operator watches for soakSeconds more. Then the version stays, unproven. 0: no bake time.',
      ),
    pin: pin.optional(),
    suspend: z.boolean().default(false).describe('If true, the operator changes nothing.'),
  })
  .meta(
    rules(
      rule(
        '!(has(self.shadow) || has(self.canary)) || has(self.analysis)',
        'shadow and canary need analysis.prometheus',
      ),
      rule(
        '!has(self.canary) || !has(self.canary.isolated) || self.canary.isolated.deployment != self.target.deployment',
        'canary.isolated.deployment must be another Deployment than target.deployment',
      ),
      ruleOfFields(
        '!has(self.canary) || !has(self.analysis) || size(self.analysis.queries) > 0',
        'a canary needs at least one query in analysis.queries',
        ['self.?canary.hasValue()', 'self.?analysis.?queries.orValue([]).size()'],
      ),
      ruleOfFields(
        '!has(self.analysis) || !has(self.shadow) || self.analysis.intervalSeconds <= self.shadow.deadlineSeconds',
        'analysis.intervalSeconds must not exceed shadow.deadlineSeconds',
        [INTERVAL, 'self.?shadow.?deadlineSeconds.orValue(0)'],
      ),
      ruleOfFields(
        '!has(self.analysis) || !has(self.canary) || self.analysis.intervalSeconds <= self.canary.stepDeadlineSeconds',
        'analysis.intervalSeconds must not exceed canary.stepDeadlineSeconds',
        [INTERVAL, 'self.?canary.?stepDeadlineSeconds.orValue(0)'],
      ),
      ruleOfFields(
        '!has(self.analysis) || has(self.shadow) || has(self.canary) || self.soakSeconds == 0 || self.analysis.intervalSeconds <= self.soakSeconds',
        'analysis.intervalSeconds must not exceed soakSeconds',
        [INTERVAL, 'self.?soakSeconds.orValue(0)', 'self.?shadow.hasValue()', 'self.?canary.hasValue()'],
      ),
    ),
  );

export type ModelDeploymentSpec = z.output<typeof specSchema>;
