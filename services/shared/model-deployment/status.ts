import { z } from 'zod';

export const PHASES = [
  'Waiting',
  'Verifying',
  'AwaitingApproval',
  'Shadowing',
  'Canary',
  'Promoting',
  'Soaking',
  'Stable',
  'RolledBack',
] as const;

export const CONDITIONS = [
  'Available',
  'Progressing',
  'Degraded',
  'RegistryReachable',
  'MetricsReachable',
  'ActionDenied',
  'PinContested',
  'DeploymentPaused',
  'ScaledToZero',
  'Approved',
  'Held',
  'BreakGlass',
] as const;

/** Maximum length of a message. */
export const MESSAGE_LENGTH = 1024;

/** RFC 3339. The API server refuses another time, so a year has four digits. */
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

const time = () =>
  z
    .string()
    .refine((text) => RFC_3339.test(text), 'is no time')
    .meta({ format: 'date-time' });
const message = () => z.string().max(MESSAGE_LENGTH);

const version = {
  version: z.string().describe('Version of the model in the registry. A version never changes.'),
  runId: z.string().describe('MLflow run that made the version.'),
  digest: z.string().describe('SHA-256 digest of the files of the version.'),
  registry: z
    .string()
    .optional()
    .describe('URL of the MLflow server that holds the version. Absent: written by an earlier release.'),
  modelCreatedAt: time()
    .optional()
    .describe(
      'Creation time of the registered model. A model that was deleted and made anew has another time and counts its versions from 1 again.',
    ),
};

const approvals = z
  .array(
    z.object({
      hash: z.string().max(100).describe('SHA-256 of the signed statement.'),
      keys: z.array(z.string().max(253)).max(8).describe('Names of the public keys that verified it.'),
      actor: z.string().max(200).describe('Who states it, as the signer gave it.'),
      reason: z.string().max(1000).describe('Why, as the signer gave it.'),
      at: time().describe('Time of the statement.'),
      card: z.string().max(100).optional().describe('SHA-256 of the model card that the signer had.'),
    }),
  )
  .max(10)
  .optional()
  .describe('Signed statements by which the version was promoted. Absent: nothing was signed.');

const stable = z
  .object({
    ...version,
    approvals,
    since: time().describe('Time at which the version became stable.'),
    soakedAt: time()
      .optional()
      .describe(
        'Time at which the version passed its bake time. Absent: the version is not proven in service.',
      ),
    resumedAt: time()
      .optional()
      .describe('Time at which an interrupted bake time went on. Absent: it was not interrupted.'),
    availableReplicas: z
      .int()
      .min(0)
      .optional()
      .describe('Largest number of available pods of the target in the bake time.'),
  })
  .describe('The verified version that serves. The operator pins the target Deployment to it.');

const candidate = z
  .object({
    ...version,
    runId: version.runId.optional(),
    digest: version.digest.optional(),
    approvals,
    mode: z
      .enum(['shadow', 'canary'])
      .optional()
      .describe('How the pods use the candidate. If absent, no pod may load it.'),
    weightPercent: z
      .int()
      .min(0)
      .max(100)
      .optional()
      .describe('Share of the partition keys that the candidate decides in mode canary, in percent.'),
    isolated: z
      .object({ deployment: z.string().max(63).describe('Deployment and Service whose pods run it.') })
      .optional()
      .describe('The candidate runs in pods of its own. If absent, the pods of the target load it.'),
    samples: z.int().min(0).optional().describe('Number of records measured in this phase or step.'),
    availableReplicas: z
      .int()
      .min(0)
      .optional()
      .describe('Largest number of available pods of the target since pods were told to load the candidate.'),
    passedAt: time()
      .optional()
      .describe('Time of the first passed measurement of this canary step. A pause begins then.'),
    canary: z
      .object({
        since: time().describe('Start of the first canary step.'),
        failures: z
          .array(
            z.object({
              name: z.string().max(100).describe('Name of the query.'),
              failures: z.int().min(0).describe('Failed measurements of this query so far.'),
            }),
          )
          .max(20)
          .optional()
          .describe('Failures of the queries with scope rollout, in the steps before this one.'),
      })
      .optional()
      .describe('What belongs to all canary steps together.'),
    since: time().describe('Start of this phase or step.'),
  })
  .describe('The version that is being rolled out. During a rollback: the stable version, at weight 100.');

const refusal = z.object({
  version: version.version,
  digest: version.digest.optional(),
  registry: version.registry,
  modelCreatedAt: version.modelCreatedAt,
  reason: z.string().describe('Reason in PascalCase. The runbook says what to do about each reason.'),
  message: message().describe('The value that failed.'),
  at: time().describe('Time of the refusal.'),
  retry: z
    .string()
    .optional()
    .describe(
      'Value of the retry annotation at that time. This value does not try the version again, and neither does its removal.',
    ),
  liftedAt: time()
    .optional()
    .describe('Time at which the version was tried again. Absent: the refusal holds.'),
});

const failed = refusal.describe(
  'The refused version that the alias names. Stays until the alias moves or the retry annotation names the version.',
);

/** Maximum number of kept refusals. */
export const REFUSALS_LENGTH = 50;

const revision = z.object({
  ...version,
  approvals,
  since: time().describe('Time at which the version became stable.'),
  until: time().describe('Time at which another version replaced it.'),
  outcome: z
    .enum(['Served', 'Interrupted', 'Failed'])
    .describe(
      'Served: passed its bake time. Interrupted: replaced before it passed. Failed: rolled back during its bake time, or left by break glass.',
    ),
});

const fallback = z
  .object({ version: version.version, digest: version.digest })
  .describe(
    'The version that a rollback would restore. Each pod keeps its files on disk, so that a rollback needs no MLflow.',
  );

const checks = z
  .array(
    z.object({
      name: z
        .string()
        .max(100)
        .describe('What was measured: samples, a query, or a limit of the shadow phase.'),
      value: z.number().optional().describe('The value. Absent: there is none, or it is NaN or infinite.'),
      min: z.number().optional().describe('Minimum of the value.'),
      max: z.number().optional().describe('Maximum of the value.'),
      verdict: z.enum(['passed', 'failed', 'inconclusive']).describe('Result of this check.'),
      failures: z.int().min(0).optional().describe('Failed measurements of this query that counted so far.'),
    }),
  )
  .max(40)
  .optional()
  .describe('Each check of the last measurement.');

const analysis = z
  .object({
    measuredAt: time().describe('Time of the last measurement.'),
    failures: z
      .int()
      .min(0)
      .describe(
        'Number of failed measurements in this step that count towards analysis.failureLimit. In phase Verifying: number of Jobs without a verdict.',
      ),
    message: message().describe('Result of the last measurement.'),
    checks,
  })
  .describe('Measurements in this phase or step.');

const deadline = z
  .object({
    wait: z.string().describe('What the phase or step waits for.'),
    since: time().describe('Start of the phase or step. The value belongs to no other.'),
    seconds: z
      .int()
      .min(0)
      .describe(
        'Seconds that counted so far, in steps of 30. An outage does not count. While pods are replaced: seconds without progress.',
      ),
  })
  .describe(
    'Time that counts towards the deadline of this phase or step. The next leader goes on from there.',
  );

const recordedUpTo = (sink: string) =>
  z
    .int()
    .min(0)
    .optional()
    .describe(`Transitions up to this number are in the ${sink}. Absent: none was ever written there.`);

/** By the names of the audit sinks. */
const recorded = z
  .object({
    log: recordedUpTo('log of the operator'),
    stream: recordedUpTo('Kinesis stream'),
    bucket: recordedUpTo('audit bucket'),
  })
  .describe('Up to where each audit record has the transitions. A new leader goes on from there.');

/** Number of transitions that the status keeps. */
export const TRANSITIONS_LENGTH = 30;

export const transitionSchema = z.object({
  sequence: z.int().min(1).describe('Number of the transition, from 1 and without gaps.'),
  at: time().describe('Time of the transition.'),
  reason: z.string().max(100).describe('Reason in PascalCase, as in Events.'),
  message: message().describe('The version, value or error behind the reason.'),
  phase: z.enum(PHASES).describe('Phase after the transition.'),
  stable: z.string().optional().describe('The stable version after the transition.'),
  candidate: z.string().optional().describe('The candidate after the transition.'),
  digest: z.string().max(100).optional().describe('Digest of the version that the transition is about.'),
  weightPercent: z.int().min(0).max(100).optional().describe('Weight of the candidate after the transition.'),
  by: z
    .string()
    .max(300)
    .optional()
    .describe('Who caused it: signers of statements, or who set an annotation.'),
  statements: z
    .array(z.string().max(100))
    .max(10)
    .optional()
    .describe('SHA-256 of the statements behind it.'),
  samples: z.int().min(0).optional().describe('Number of records measured.'),
  checks,
  generation: z
    .int()
    .min(0)
    .optional()
    .describe('metadata.generation of the spec behind it. Another number: somebody has changed the spec.'),
});

/** Number of used statements that the status keeps. */
export const USED_STATEMENTS_LENGTH = 100;

const usedStatements = z
  .object({
    hashes: z
      .array(
        z.object({
          hash: z.string().max(100).describe('SHA-256 of the statement.'),
          at: time().describe('Time of the statement.'),
        }),
      )
      .max(USED_STATEMENTS_LENGTH)
      .describe('The statements, newest first.'),
    notBefore: time()
      .optional()
      .describe(
        'No statement of this time or before counts any more: the lists have forgotten one of that time, or an object before this one knew it. Absent: only `hashes` are used up.',
      ),
  })
  .describe('Signed statements that let a version go on. None of them counts again.');

const requests = z
  .object({
    approveStep: z
      .string()
      .max(1000)
      .optional()
      .describe('Value of the annotation approve-step that was acted upon last.'),
    abort: z
      .string()
      .max(1000)
      .optional()
      .describe('Value of the annotation abort that was acted upon last.'),
    rollback: z
      .string()
      .max(1000)
      .optional()
      .describe('Value of the annotation rollback that was acted upon last.'),
  })
  .describe('Requests by annotation that were acted upon. The same value does not act again.');

const condition = z.object({
  type: z.enum(CONDITIONS).describe('What the condition is about.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('Whether the condition holds.'),
  reason: z.string().describe('Reason in PascalCase. The runbook says what to do about each reason.'),
  message: message().describe('The version, value or error behind the reason.'),
  observedGeneration: z.int().min(0).optional().describe('metadata.generation when the condition was set.'),
  lastTransitionTime: time().describe('Time at which the status of the condition last changed.'),
});

export const statusSchema = z.object({
  observedGeneration: z
    .int()
    .min(0)
    .optional()
    .describe('metadata.generation of the spec that the operator saw last.'),
  phase: z.enum(PHASES).optional().describe('Present phase of the rollout.'),
  stable: stable.optional(),
  candidate: candidate.optional(),
  failed: failed.optional(),
  fallback: fallback.optional(),
  analysis: analysis.optional(),
  deadline: deadline.optional(),
  history: z
    .array(revision)
    .max(10)
    .optional()
    .describe(
      'Versions that were stable, newest first. At most 10. If there are more, older entries of a version that has a newer entry go first.',
    ),
  refusals: z
    .array(refusal)
    .max(REFUSALS_LENGTH)
    .optional()
    .describe(
      'Versions that were refused, newest first. At most 50. Such a version stays refused until the retry annotation names it.',
    ),
  requests: requests.optional(),
  usedStatements: usedStatements.optional(),
  transitions: z
    .array(transitionSchema)
    .max(TRANSITIONS_LENGTH)
    .optional()
    .describe('The last transitions, newest first. The operator writes each of them into the audit record.'),
  recordedSequence: z
    .int()
    .min(0)
    .optional()
    .describe('Transitions up to this number are in every configured audit record.'),
  recorded: recorded.optional(),
  conditions: z
    .array(condition)
    .max(16)
    .optional()
    .meta({
      description: 'One condition of each type.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
    }),
});

export type Phase = (typeof PHASES)[number];
export type ModelDeploymentStatus = z.output<typeof statusSchema>;
export type CandidateVersion = z.output<typeof candidate>;
export type Refusal = z.output<typeof refusal>;
export type Revision = z.output<typeof revision>;
export type Condition = z.output<typeof condition>;
export type Approval = NonNullable<CandidateVersion['approvals']>[number];
export type UsedStatements = NonNullable<ModelDeploymentStatus['usedStatements']>;
export type CheckResult = NonNullable<NonNullable<ModelDeploymentStatus['analysis']>['checks']>[number];
export type Transition = NonNullable<ModelDeploymentStatus['transitions']>[number];
