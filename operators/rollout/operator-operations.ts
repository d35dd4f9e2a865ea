import { HTTP_PATHS } from '../../services/shared/agreements/http-paths.ts';
import type { HttpOperation } from '../../services/shared/http/operation.ts';
import { WEBHOOK_BODY_LIMIT_BYTES } from './webhook/receiver.ts';
import { REPLAY_WINDOW_SECONDS } from './webhook/signature.ts';

/** All that a replica of the operator answers over HTTP. */
export const OPERATOR_OPERATIONS: readonly HttpOperation[] = [
  {
    method: 'POST',
    paths: [HTTP_PATHS.mlflowWebhook],
    summary:
      'MLflow tells that an alias moved. The operator believes only that it is time to read the alias.',
    answers: [
      {
        status: 200,
        when: '`woken` names the ModelDeployments that follow the alias, and may be empty. A repeated delivery has `duplicate`.',
      },
      {
        status: 400,
        when: 'The body is signed, but is not JSON, or `data.name` or `data.alias` is not a text.',
      },
      { status: 401, when: 'The signature is missing, wrong or too old.' },
      { status: 404, when: 'The operator has no `WEBHOOK_SECRET`.' },
      { status: 413, when: `The body exceeds ${WEBHOOK_BODY_LIMIT_BYTES.toLocaleString('en-US')} bytes.` },
      { status: 503, when: 'The Kubernetes API did not answer. MLflow sends the delivery again.' },
    ],
    notes: [
      'MLflow signs the body with `WEBHOOK_SECRET`. ' +
        'The headers are `X-MLflow-Delivery-Id`, `X-MLflow-Timestamp` and `X-MLflow-Signature`. ' +
        `A timestamp may differ from the clock by at most ${REPLAY_WINDOW_SECONDS} seconds.`,
    ],
    examples: [{ title: 'Answer', status: 200, answer: { woken: ['loan-eligibility'] } }],
  },
  {
    method: 'GET',
    paths: [HTTP_PATHS.live],
    summary: 'Liveness.',
    answers: [{ status: 200, when: 'Always.' }],
    examples: [{ title: 'Answer', status: 200, answer: { alive: true } }],
  },
  {
    method: 'GET',
    paths: [HTTP_PATHS.ready],
    summary: 'Readiness, of a leader and of a replica that does not lead.',
    answers: [
      { status: 200, when: 'The informer caches are filled and up to date.' },
      {
        status: 503,
        when: 'The caches are not filled yet, or the API server has sent nothing for 180 seconds.',
      },
    ],
    examples: [
      { title: 'Answer', status: 200, answer: { ready: true, leading: true, ageMilliseconds: 12000 } },
    ],
  },
  {
    method: 'GET',
    paths: [HTTP_PATHS.metrics],
    summary: 'The [metrics](metrics.md) in the text format of Prometheus.',
    answers: [{ status: 200, when: 'Always.' }],
  },
];
