import type { Registry as MetricsRegistry } from 'prom-client';
import { ROLLOUT_METRICS } from '../../services/shared/agreements/metric-names.ts';
import {
  createMetrics,
  type MetricDefinition,
  type Metrics,
} from '../../services/shared/metric-definition.ts';
import {
  CONDITIONS,
  type ModelDeploymentStatus,
  PHASES,
} from '../../services/shared/model-deployment/status.ts';

const RECONCILE_SECONDS = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10];

/** All metrics of the operator. */
export const ROLLOUT_METRIC_DEFINITIONS = {
  leader: {
    type: 'gauge',
    name: ROLLOUT_METRICS.leader,
    help: '1 while this replica leads, else 0.',
    present: 'always',
  },
  cacheAge: {
    type: 'gauge',
    name: ROLLOUT_METRICS.cacheAge,
    help: 'Time since the API server last sent anything, for the watch that is silent longest.',
    present: 'always',
  },
  queueDepth: {
    type: 'gauge',
    name: ROLLOUT_METRICS.queueDepth,
    help: 'ModelDeployments that wait for a reconcile.',
    present: 'always',
  },
  reconciles: {
    type: 'counter',
    name: ROLLOUT_METRICS.reconciles,
    help: 'Reconciles by result.',
    labels: ['result'],
    present: 'always',
  },
  reconcileSeconds: {
    type: 'histogram',
    name: ROLLOUT_METRICS.reconcileSeconds,
    help: 'Duration of one reconcile.',
    present: 'always',
    buckets: RECONCILE_SECONDS,
  },
  phase: {
    type: 'gauge',
    name: ROLLOUT_METRICS.phase,
    help: '1 for the present phase, 0 for every other phase.',
    labels: ['model_deployment', 'phase'],
    present: 'always',
  },
  condition: {
    type: 'gauge',
    name: ROLLOUT_METRICS.condition,
    help: '1 for a condition that is True, else 0.',
    labels: ['model_deployment', 'type'],
    present: 'always',
  },
  transitions: {
    type: 'counter',
    name: ROLLOUT_METRICS.transitions,
    help: 'Phases that a ModelDeployment entered.',
    labels: ['model_deployment', 'phase'],
    present: 'always',
  },
  deliveries: {
    type: 'counter',
    name: ROLLOUT_METRICS.deliveries,
    help: 'Webhook deliveries by result.',
    labels: ['result'],
    present: 'rollout',
  },
  refusals: {
    type: 'counter',
    name: ROLLOUT_METRICS.refusals,
    help: 'Versions that were refused.',
    labels: ['model_deployment', 'reason'],
    present: 'trouble',
  },
  auditWrites: {
    type: 'counter',
    name: ROLLOUT_METRICS.auditWrites,
    help: 'Writes into a sink of the audit record, by result.',
    labels: ['sink', 'result'],
    present: 'rollout',
  },
  auditWaiting: {
    type: 'gauge',
    name: ROLLOUT_METRICS.auditWaiting,
    help: 'Records that wait for a sink of the audit record.',
    labels: ['sink'],
    present: 'always',
  },
  auditGaps: {
    type: 'counter',
    name: ROLLOUT_METRICS.auditGaps,
    help: 'Transitions that a sink of the audit record does not have. A record tells each gap.',
    labels: ['sink'],
    present: 'trouble',
  },
  notifications: {
    type: 'counter',
    name: ROLLOUT_METRICS.notifications,
    help: 'Tries to notify people, by result. After the result dropped no other try follows.',
    labels: ['result'],
    present: 'trouble',
  },
} as const satisfies Record<keyof typeof ROLLOUT_METRICS, MetricDefinition>;

type RolloutSeries = Metrics<typeof ROLLOUT_METRIC_DEFINITIONS>;

/** The metrics of the operator and of its ModelDeployments. */
export class RolloutMetrics {
  readonly leader: RolloutSeries['leader'];
  readonly cacheAge: RolloutSeries['cacheAge'];
  readonly queueDepth: RolloutSeries['queueDepth'];
  readonly reconciles: RolloutSeries['reconciles'];
  readonly reconcileSeconds: RolloutSeries['reconcileSeconds'];
  readonly transitions: RolloutSeries['transitions'];
  readonly refusals: RolloutSeries['refusals'];
  readonly phase: RolloutSeries['phase'];
  readonly condition: RolloutSeries['condition'];
  readonly deliveries: RolloutSeries['deliveries'];
  readonly auditWrites: RolloutSeries['auditWrites'];
  readonly auditWaiting: RolloutSeries['auditWaiting'];
  readonly auditGaps: RolloutSeries['auditGaps'];
  readonly notifications: RolloutSeries['notifications'];

  constructor(metricsRegistry: MetricsRegistry) {
    const metrics = createMetrics(metricsRegistry, ROLLOUT_METRIC_DEFINITIONS);
    this.leader = metrics.leader;
    this.cacheAge = metrics.cacheAge;
    this.queueDepth = metrics.queueDepth;
    this.reconciles = metrics.reconciles;
    this.reconcileSeconds = metrics.reconcileSeconds;
    this.transitions = metrics.transitions;
    this.refusals = metrics.refusals;
    this.phase = metrics.phase;
    this.condition = metrics.condition;
    this.deliveries = metrics.deliveries;
    this.auditWrites = metrics.auditWrites;
    this.auditWaiting = metrics.auditWaiting;
    this.auditGaps = metrics.auditGaps;
    this.notifications = metrics.notifications;
  }

  transition(name: string, before: ModelDeploymentStatus, after: ModelDeploymentStatus): void {
    const { phase = 'Waiting', failed } = after;
    if (phase !== before.phase) this.transitions.inc({ model_deployment: name, phase });
    if (failed && failed.at !== before.failed?.at) {
      this.refusals.inc({ model_deployment: name, reason: failed.reason });
    }
    this.show(name, after);
  }

  /** Shows a recorded status. Another process may have written it, and this leader writes none while nothing changes. */
  show(name: string, { phase = 'Waiting', conditions = [] }: ModelDeploymentStatus): void {
    for (const other of PHASES)
      this.phase.set({ model_deployment: name, phase: other }, other === phase ? 1 : 0);
    for (const { type, status } of conditions)
      this.condition.set({ model_deployment: name, type }, status === 'True' ? 1 : 0);
  }

  /** Removes the series of a deleted ModelDeployment. */
  forget(name: string): void {
    for (const phase of PHASES) this.phase.remove({ model_deployment: name, phase });
    for (const type of CONDITIONS) this.condition.remove({ model_deployment: name, type });
  }
}
