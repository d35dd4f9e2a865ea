import { MetricsError, type Sample } from '../../../operators/rollout/measurement/prometheus.ts';
import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import type { Flaw, FlawOf } from './flaw.ts';

/** How Prometheus answers. `hangs`: every query takes until its time-out. */
export type PrometheusMode = 'answers' | 'unreachable' | 'hangs' | 'refuses';

/** Answers the gate queries of a version with the numbers of good or bad live traffic. */
export class SimulatedPrometheus {
  mode: PrometheusMode = 'answers';
  queries = 0;
  readonly #flawOf: FlawOf;

  constructor(flawOf: FlawOf) {
    this.#flawOf = flawOf;
  }

  /** @throws MetricsError */
  query(promql: string, status: ModelDeploymentStatus): readonly Sample[] {
    this.queries++;
    if (this.mode === 'refuses') throw new MetricsError('refused', 'too expensive');
    if (this.mode !== 'answers') throw new MetricsError('unreachable', 'no answer');
    const version = /model_version="([^"]+)"/.exec(promql)?.[1] ?? '';
    return measure(promql, this.#flawOf(version), version, status);
  }
}

function measure(
  promql: string,
  flaw: Flaw,
  version: string,
  { stable, candidate }: ModelDeploymentStatus,
): readonly Sample[] {
  const sample = (value: number, labels: Record<string, string> = {}): Sample => ({ labels, value });
  if (flaw === 'gives no metrics') return [];
  // Pods that crash are not scraped.
  if (flaw === 'crashes in its bake time' && stable?.version === version) return [];
  if (promql.startsWith('errors{')) {
    const inService = stable?.version === version;
    const hasAllKeys = candidate?.version === version && candidate.weightPercent === 100;
    const errs =
      (flaw === 'errs when deciding' && !inService) ||
      (flaw === 'errs in service' && inService) ||
      (flaw === 'errs with all keys' && (inService || hasAllKeys));
    return [sample(errs ? 0.5 : 0)];
  }
  const flips = flaw === 'flips decisions';
  if (promql.includes('comparisons')) {
    return [
      sample(flips ? 40 : 190, { agreement: 'agree' }),
      sample(flips ? 160 : 10, { agreement: 'flip' }),
    ];
  }
  if (promql.includes('probability')) {
    return ['stable', 'candidate'].flatMap((scored_by) =>
      [['0.5', 80] as const, ['+Inf', 200] as const].map(([le, count]) => sample(count, { scored_by, le })),
    );
  }
  if (promql.includes('shadow_decisions')) {
    return ['stable', 'candidate'].flatMap((scored_by) =>
      ['true', 'false'].map((decision) => sample(100, { scored_by, group: '', value: '', decision })),
    );
  }
  return [sample(promql.includes('error') ? 0 : 200)];
}
