import { z } from 'zod';
import { HTTP_PATHS } from '../../../shared/agreements/http-paths.ts';
import type { HttpOperation } from '../../../shared/http/operation.ts';
import { liveSchema, readySchema } from './answer-schemas.ts';
import { EXAMPLE_DIGEST } from './example-application.ts';

export const PROBE_OPERATIONS: readonly HttpOperation[] = [
  {
    method: 'GET',
    paths: [HTTP_PATHS.live],
    summary: 'Liveness. It fails only if a restart helps, never because work is late.',
    answers: [
      { status: 200, when: 'Every loop runs.', schema: liveSchema },
      { status: 503, when: 'A loop stalled. `stalled` names the loops.', schema: liveSchema },
    ],
    examples: [{ title: 'Answer', status: 200, answer: { live: true } }],
  },
  {
    method: 'GET',
    paths: [HTTP_PATHS.ready],
    summary: 'Readiness, with the state of each dependency: `ok`, `degraded`, `waiting` or `blocked`.',
    answers: [
      {
        status: 200,
        when: 'A verified model is loaded, and no dependency is `blocked`.',
        schema: readySchema,
      },
      { status: 503, when: 'No model is loaded, or a dependency is `blocked`.', schema: readySchema },
    ],
    notes: [
      'A `degraded` dependency failed lately. The pod goes on with what it has, and stays in service.',
      'If a version was refused, `model` has the `reason`, such as `ArtifactTooLarge`, and a `message`.',
    ],
    examples: [
      {
        title: 'Answer',
        status: 200,
        answer: {
          ready: true,
          model: {
            name: 'loan-eligibility',
            version: '7',
            runId: '5f6a1c0b9d8e4f7a',
            digest: EXAMPLE_DIGEST,
          },
          dependencies: { registry: { state: 'ok' }, model: { state: 'ok' }, kinesis: { state: 'ok' } },
        },
      },
    ],
  },
  {
    method: 'GET',
    paths: [HTTP_PATHS.metrics],
    summary: 'The [metrics](metrics.md) in the text format of Prometheus.',
    answers: [{ status: 200, when: 'Always.', schema: z.string(), mediaType: 'text/plain' }],
  },
];
