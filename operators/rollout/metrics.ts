import { type Counter, type Gauge, Histogram, type Registry } from 'prom-client';
import { metricFactory } from '../../services/shared/metrics.ts';
import {
  CONDITIONS,
  type ModelDeploymentStatus,
  PHASES,
} from '../../services/shared/model-deployment/status.ts';

/** What the operator tells of itself. */
export class RolloutMetrics {
  readonly leader: Gauge;
  readonly mirrorAge: Gauge;
  readonly queueDepth: Gauge;
  readonly reconciles: Counter<'result'>;
  readonly reconcileSeconds: Histogram;
  readonly transitions: Counter<'model_deployment' | 'phase'>;
  readonly refusals: Counter<'model_deployment' | 'reason'>;
  readonly phase: Gauge<'model_deployment' | 'phase'>;
  readonly condition: Gauge<'model_deployment' | 'type'>;
  readonly deliveries: Counter<'result'>;

  constructor(registry: Registry) {
    const { counter, gauge } = metricFactory(registry);
    this.leader = gauge('rollout_leader', '1 while this process leads.');
    this.mirrorAge = gauge(
      'rollout_mirror_age_seconds',
      'Since the API server last said anything, of the most silent watch.',
    );
    this.queueDepth = gauge('rollout_queue_depth', 'ModelDeployments waiting.');
    this.reconciles = counter('rollout_reconciles_total', 'Reconciles by result.', 'result');
    this.reconcileSeconds = new Histogram({
      name: 'rollout_reconcile_seconds',
      help: 'Duration of a reconcile.',
      buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
      registers: [registry],
    });
    this.transitions = counter('rollout_transitions_total', 'Phases entered.', 'model_deployment', 'phase');
    this.refusals = counter('rollout_refusals_total', 'Versions refused.', 'model_deployment', 'reason');
    this.phase = gauge('rollout_phase', '1 for the present phase.', 'model_deployment', 'phase');
    this.condition = gauge(
      'rollout_condition',
      '1 for a condition that is True, 0 for one that is not.',
      'model_deployment',
      'type',
    );
    this.deliveries = counter(
      'rollout_webhook_deliveries_total',
      'Webhook deliveries by what became of them.',
      'result',
    );
  }

  transition(name: string, before: ModelDeploymentStatus, after: ModelDeploymentStatus): void {
    const { phase = 'Waiting', failed } = after;
    if (phase !== before.phase) this.transitions.inc({ model_deployment: name, phase });
    if (failed && failed.at !== before.failed?.at) {
      this.refusals.inc({ model_deployment: name, reason: failed.reason });
    }
    this.show(name, after);
  }

  /** What is recorded, whoever wrote it: a leader at rest writes nothing. */
  show(name: string, { phase = 'Waiting', conditions = [] }: ModelDeploymentStatus): void {
    for (const other of PHASES)
      this.phase.set({ model_deployment: name, phase: other }, other === phase ? 1 : 0);
    for (const { type, status } of conditions)
      this.condition.set({ model_deployment: name, type }, status === 'True' ? 1 : 0);
  }

  /** Drops the series of a ModelDeployment that is gone. */
  forget(name: string): void {
    for (const phase of PHASES) this.phase.remove({ model_deployment: name, phase });
    for (const type of CONDITIONS) this.condition.remove({ model_deployment: name, type });
  }
}
