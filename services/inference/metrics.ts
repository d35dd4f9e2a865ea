import { Histogram, type Registry } from 'prom-client';
import { metricFactory } from '../shared/metrics.ts';
import { TalliedHistogram } from '../shared/tallied-histogram.ts';

const PROBABILITY_EDGES = Array.from({ length: 19 }, (_, index) => (index + 1) / 20);
const SHADOW_PROBABILITY_EDGES = Array.from({ length: 9 }, (_, index) => (index + 1) / 10);
const SCORING_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];
const REQUEST_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];

export type InferenceMetrics = ReturnType<typeof createInferenceMetrics>;

/** All series of models, decisions and requests. The rollout gates and the dashboards read them by these names. */
export function createInferenceMetrics(registry: Registry) {
  const registers = [registry];
  const { counter, gauge } = metricFactory(registry);
  return {
    decisions: counter(
      'inference_decisions_total',
      'Decisions that left the service',
      'model_version',
      'role',
      'decision',
    ),
    scoringErrors: counter(
      'inference_scoring_errors_total',
      'Records on which scoring failed',
      'model_version',
      'role',
    ),
    probability: new TalliedHistogram({
      name: 'inference_probability',
      help: 'Probability of the positive class, of decisions that left the service',
      labelNames: ['model_version', 'role'],
      edges: PROBABILITY_EDGES,
      registry,
    }),
    scoringSeconds: new Histogram({
      name: 'inference_scoring_seconds',
      help: 'Time in the graph, by batch',
      labelNames: ['model_version', 'role'],
      buckets: SCORING_SECONDS,
      registers,
    }),
    groupDecisions: counter(
      'inference_group_decisions_total',
      'Decisions by the groups that the contract names',
      'model_version',
      'group',
      'value',
      'decision',
    ),
    rejections: counter('inference_rejections_total', 'Records that got no decision', 'code'),
    shadowComparisons: counter(
      'inference_shadow_comparisons_total',
      'Decisions of the stable model that the candidate was asked about as well',
      'model_version',
      'agreement',
    ),
    shadowProbability: new TalliedHistogram({
      name: 'inference_shadow_probability',
      help: 'Probability that both models gave to the same records',
      labelNames: ['model_version', 'scored_by'],
      edges: SHADOW_PROBABILITY_EDGES,
      registry,
    }),
    shadowDecisions: counter(
      'inference_shadow_decisions_total',
      'Decisions of both models on the same records; group "" is all of them',
      'model_version',
      'scored_by',
      'group',
      'value',
      'decision',
    ),
    shadowErrors: counter(
      'inference_shadow_errors_total',
      'Records that the candidate could not decide in shadow',
      'model_version',
    ),
    shadowDropped: counter(
      'inference_shadow_dropped_total',
      'Records left out of shadow scoring because it lagged',
      'model_version',
    ),
    modelInfo: gauge(
      'inference_model_info',
      '1 while the version is loaded',
      'model_version',
      'role',
      'digest',
    ),
    modelLoadErrors: counter(
      'inference_model_load_errors_total',
      'Versions that were refused, and registry failures while loading',
      'model_version',
      'reason',
    ),
    candidateWeightPercent: gauge(
      'inference_candidate_weight_percent',
      'Share of the partition keys that the candidate decides',
      'model_version',
    ),
    httpRequests: counter('inference_http_requests_total', 'Requests answered', 'route', 'method', 'status'),
    httpRequestSeconds: new Histogram({
      name: 'inference_http_request_seconds',
      help: 'Time from a request to its answer',
      labelNames: ['route'],
      buckets: REQUEST_SECONDS,
      registers,
    }),
  };
}
