import { z } from 'zod';

export const PHASES = [
  'Waiting',
  'Verifying',
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
] as const;

const time = () => z.string().meta({ format: 'date-time' });
const message = () => z.string().max(1024);

const version = {
  version: z.string().describe('Immutable version in the registry.'),
  runId: z.string().describe('Training run that made it.'),
  digest: z.string().describe('sha256 of what it serves.'),
};

const stable = z
  .object({
    ...version,
    since: time(),
    soakedAt: time().optional().describe('When it had stood its soak. Absent: not proven in service.'),
  })
  .describe('The verified version that the target Deployment is pinned to.');

const candidate = z
  .object({
    ...version,
    runId: version.runId.optional(),
    digest: version.digest.optional(),
    mode: z
      .enum(['shadow', 'canary'])
      .optional()
      .describe('How the pods use it. Absent: they must not load it.'),
    weightPercent: z
      .int()
      .min(0)
      .max(100)
      .optional()
      .describe('Share of the partition keys it decides, in canary.'),
    samples: z.int().min(0).optional().describe('Records measured in this phase or step.'),
    since: time().describe('Start of this phase or step.'),
  })
  .describe('The version on its way, at most one.');

const failed = z
  .object({
    version: version.version,
    reason: z.string(),
    message: message(),
    at: time(),
    retry: z.string().optional().describe('The retry annotation at that time: another value tries again.'),
  })
  .describe('The version that the alias names and that was refused. Stays until the alias moves.');

const revision = z.object({
  ...version,
  since: time(),
  until: time(),
  outcome: z
    .enum(['Served', 'Interrupted', 'Failed'])
    .describe(
      'Served: soaked and then replaced. Interrupted: replaced before a soak proved it. Failed: rolled back while soaking.',
    ),
});

const analysis = z
  .object({
    measuredAt: time(),
    failures: z
      .int()
      .min(0)
      .describe('Failed measurements in this step; Jobs without a verdict while verifying.'),
    message: message().describe('The last measurement.'),
  })
  .describe('Measurements of this phase or step.');

const condition = z.object({
  type: z.enum(CONDITIONS),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string(),
  message: message(),
  observedGeneration: z.int().min(0).optional(),
  lastTransitionTime: time(),
});

export const statusSchema = z.object({
  observedGeneration: z.int().min(0).optional(),
  phase: z.enum(PHASES).optional(),
  stable: stable.optional(),
  candidate: candidate.optional(),
  failed: failed.optional(),
  analysis: analysis.optional(),
  history: z.array(revision).max(10).optional().describe('Versions that were stable, newest first.'),
  conditions: z
    .array(condition)
    .max(8)
    .optional()
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] }),
});

export type Phase = (typeof PHASES)[number];
export type ModelDeploymentStatus = z.output<typeof statusSchema>;
export type CandidateVersion = z.output<typeof candidate>;
export type Revision = z.output<typeof revision>;
export type Condition = z.output<typeof condition>;
