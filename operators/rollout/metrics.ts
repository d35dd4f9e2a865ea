import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { type ModelDeploymentStatus, PHASES } from '../../services/shared/model-deployment/status.ts';

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
  readonly deliveries: Counter<'result'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.leader = new Gauge({ name: 'rollout_leader', help: '1 while this process leads.', registers });
    this.mirrorAge = new Gauge({
      name: 'rollout_mirror_age_seconds',
      help: 'Since the API server last said anything, of the most silent watch.',
      registers,
    });
    this.queueDepth = new Gauge({
      name: 'rollout_queue_depth',
      help: 'ModelDeployments waiting.',
      registers,
    });
    this.reconciles = new Counter({
      name: 'rollout_reconciles_total',
      help: 'Reconciles by result.',
      labelNames: ['result'],
      registers,
    });
    this.reconcileSeconds = new Histogram({
      name: 'rollout_reconcile_seconds',
      help: 'Duration of a reconcile.',
      buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
      registers,
    });
    this.transitions = new Counter({
      name: 'rollout_transitions_total',
      help: 'Phases entered.',
      labelNames: ['model_deployment', 'phase'],
      registers,
    });
    this.refusals = new Counter({
      name: 'rollout_refusals_total',
      help: 'Versions refused.',
      labelNames: ['model_deployment', 'reason'],
      registers,
    });
    this.phase = new Gauge({
      name: 'rollout_phase',
      help: '1 for the present phase.',
      labelNames: ['model_deployment', 'phase'],
      registers,
    });
    this.deliveries = new Counter({
      name: 'rollout_webhook_deliveries_total',
      help: 'Webhook deliveries by what became of them.',
      labelNames: ['result'],
      registers,
    });
  }

  transition(name: string, before: ModelDeploymentStatus, after: ModelDeploymentStatus): void {
    const { phase = 'Waiting', failed } = after;
    if (phase !== before.phase) this.transitions.inc({ model_deployment: name, phase });
    if (failed && failed.at !== before.failed?.at) {
      this.refusals.inc({ model_deployment: name, reason: failed.reason });
    }
    for (const other of PHASES)
      this.phase.set({ model_deployment: name, phase: other }, other === phase ? 1 : 0);
  }

  /** Drops the series of a ModelDeployment that is gone. */
  forget(name: string): void {
    for (const phase of PHASES) this.phase.remove({ model_deployment: name, phase });
  }
}
