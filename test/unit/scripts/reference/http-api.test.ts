import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Express } from 'express';
import { Registry as MetricsRegistry } from 'prom-client';
import { RolloutMetrics } from '../../../../operators/rollout/metrics.ts';
import { operatorApp } from '../../../../operators/rollout/operator-app.ts';
import { OPERATOR_OPERATIONS } from '../../../../operators/rollout/operator-operations.ts';
import { webhookReceiver } from '../../../../operators/rollout/webhook/receiver.ts';
import { operationSection } from '../../../../scripts/reference/http-operation.ts';
import { INFERENCE_OPERATIONS } from '../../../../services/inference/http/operations/inference-operations.ts';
import { loadModel } from '../../../../services/inference/model/load-model.ts';
import type { HttpOperation } from '../../../../services/shared/http/operation.ts';
import { createLogger } from '../../../../services/shared/logging.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { FakeRegistry } from '../../../support/model/fake-registry.ts';
import { httpApp } from '../../../support/model/http-app.ts';
import { EXAMPLE_INPUT, LOAN_FIELDS, loanArtifact } from '../../../support/model/loan-model.ts';
import { longSentences } from '../../../support/prose/sentences.ts';

interface Layer {
  readonly route?: { readonly path: string | readonly string[]; readonly methods: Record<string, boolean> };
  readonly handle: { readonly stack?: readonly Layer[] };
  readonly match: (path: string) => boolean;
}

/** `GET /path` of every route, also of routers that are mounted at `/v2` or at the root. */
function routesOf(app: Express): string[] {
  const routes = (layers: readonly Layer[], prefix: string): string[] =>
    layers.flatMap((layer) => {
      const { route, handle } = layer;
      if (handle.stack !== undefined && route === undefined) {
        return routes(handle.stack, layer.match('/elsewhere') ? '' : '/v2');
      }
      const paths = route === undefined ? [] : [route.path].flat();
      return paths.flatMap((path) =>
        Object.keys(route?.methods ?? {}).map(
          (method) => `${method.toUpperCase()} ${(prefix + path).replace(/(.)\/$/, '$1')}`,
        ),
      );
    });
  const { stack } = app.router as unknown as { readonly stack: readonly Layer[] };
  return [...new Set(routes(stack, ''))].sort();
}

function documented(operations: readonly HttpOperation[]): string[] {
  return operations.flatMap(({ method, paths }) => paths.map((path) => `${method} ${path}`)).sort();
}

/** The value with each leaf replaced by its type, and each array cut to its first item. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shapeOf(item)]));
}

describe('the inference service', () => {
  let service: Awaited<ReturnType<typeof httpApp>>;
  beforeAll(async () => {
    const registry = new FakeRegistry();
    registry.add('7', loanArtifact());
    const stable = await loadModel({
      registry,
      name: 'loan-eligibility',
      version: '7',
      requireContract: true,
    });
    service = await httpApp({ stable });
    for (const name of ['registry', 'model', 'kinesis']) service.dependencies.reporter(name)({ state: 'ok' });
  });
  afterAll(() => service.close());

  test('has the routes that are documented, and no others', () => {
    expect(documented(INFERENCE_OPERATIONS)).toEqual(routesOf(service.app));
  });

  const examples = INFERENCE_OPERATIONS.flatMap(({ method, paths, examples = [] }) =>
    examples.map((example) => ({ path: paths[0], ...example, method })),
  );
  test.each(examples)('answers $method $path as in the example "$title"', async (example) => {
    const { method, path, status, answer } = example;
    const infers = path.endsWith('/infer');
    const request = infers ? { id: 'r1', inputs: tensors() } : example.request;
    const target = path.replace(':model', 'loan-eligibility');
    const given = method === 'POST' ? await service.post(target, request) : await service.call(target);
    expect(given.status).toBe(status);
    expect(shapeOf(given.json())).toEqual(shapeOf(answer));
  });
});

test('the operator has the routes that are documented, and no others', () => {
  const metricsRegistry = new MetricsRegistry();
  const logger = createLogger({ component: 'test', level: 'silent' });
  const app = operatorApp({
    metricsRegistry,
    metrics: new RolloutMetrics(metricsRegistry),
    state: () => ({ synced: true, leading: true, cacheAgeMilliseconds: 0, queueDepth: 0 }),
    logger,
    webhooks: webhookReceiver({
      secret: 'a-secret-of-some-length',
      clock: new ManualClock(),
      logger,
      modelDeployments: () => [],
      wake: async () => {},
    }),
  });
  expect(documented(OPERATOR_OPERATIONS)).toEqual(routesOf(app));
});

test('operations are described in short sentences', () => {
  for (const { summary, notes = [], answers } of [...INFERENCE_OPERATIONS, ...OPERATOR_OPERATIONS]) {
    const texts = [summary, ...notes, ...answers.map(({ when }) => when)];
    expect(texts.flatMap((text) => longSentences(text, 25))).toEqual([]);
  }
});

test('a section has answers, notes and examples in that order', () => {
  const section = operationSection({
    method: 'POST',
    paths: ['/things/:id', '/things/:id/versions/:version'],
    summary: 'Makes a thing.',
    answers: [{ status: 201, when: 'It was made.' }],
    notes: ['A note.'],
    examples: [{ title: 'A thing', request: { a: 1 }, status: 201, answer: { b: 2 } }],
  });
  expect(section.join('\n')).toBe(`
### POST /things/{id}

The same for one version: \`/things/{id}/versions/{version}\`

Makes a thing.

| status | when |
|---|---|
| 201 | It was made. |

A note.

A thing:

\`\`\`json
{"a": 1}
\`\`\`

Answer 201:

\`\`\`json
{"b": 2}
\`\`\``);
});

/** One row, a tensor a field. */
function tensors() {
  const row: Readonly<Record<string, unknown>> = EXAMPLE_INPUT;
  return LOAN_FIELDS.map(({ name, type }) => ({
    name,
    datatype: type === 'string' ? 'BYTES' : 'FP32',
    shape: [1, 1],
    data: [row[name] ?? null],
  }));
}
