import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FeatureColumns } from '../../../../services/inference/model/feature-columns.ts';
import { loadModel } from '../../../../services/inference/model/load-model.ts';
import { type Model, RemoteUnavailableError } from '../../../../services/inference/model/model.ts';
import { RemoteModel } from '../../../../services/inference/remote/remote-model.ts';
import type { ContractRow } from '../../../../services/shared/contract/serving-contract.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import {
  batchOf,
  decisionStack,
  metricValue,
  read,
  streamRecord,
} from '../../../support/model/decision-stack.ts';
import { FakeModel } from '../../../support/model/fake-model.ts';
import { FakeRegistry } from '../../../support/model/fake-registry.ts';
import { httpApp } from '../../../support/model/http-app.ts';
import { EXAMPLE_INPUT, LOAN_FIELDS, loanArtifact, loanContract } from '../../../support/model/loan-model.ts';
import { until } from '../../../support/until.ts';

function registryWith(files = loanArtifact()): FakeRegistry {
  const registry = new FakeRegistry();
  registry.add('8', files);
  return registry;
}

function load(registry: FakeRegistry, openRemote?: Parameters<typeof loadModel>[0]['openRemote']) {
  return loadModel({ registry, name: 'loan-eligibility', version: '8', requireContract: true, openRemote });
}

/** Version 8 in pods of its own, and the same version as another process loads it from there. */
async function apart(missingCategory?: 'nan' | 'code') {
  const stack = new AsyncDisposableStack();
  const registry = registryWith(loanArtifact({ missingCategory }));
  const local = await load(registry);
  const pods = stack.use(await httpApp({ stable: local }));
  const clock = new ManualClock();
  const remote = await load(registry, (identity, contract) =>
    RemoteModel.open({ url: pods.url, identity, contract, clock, answerMilliseconds: 5_000 }),
  );
  stack.defer(() => remote.close());
  return { registry, local, remote, pods, clock, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const rows = fc.array(
  fc
    .tuple(
      ...LOAN_FIELDS.map((field) => {
        const value =
          field.type === 'string'
            ? fc.constantFrom(...field.values)
            : fc.double({ min: 0, max: field.maximum ?? 1, noNaN: true }).map(Math.fround);
        return field.required ? value : fc.option<string | number>(value);
      }),
    )
    .map((values) => Object.fromEntries(LOAN_FIELDS.map(({ name }, index) => [name, values[index] ?? null]))),
  { minLength: 1, maxLength: 40 },
);

describe.each([undefined, 'nan', 'code'] as const)(
  'a model in other pods, missing category %s',
  (missing) => {
    test('gives exactly the scores that its files give in this process', async () => {
      await using two = await apart(missing);
      const contract = loanContract({ missingCategory: missing });
      await fc.assert(
        fc.asyncProperty(rows, async (input) => {
          const features = FeatureColumns.fromRows(contract, input as ContractRow[]);
          const [here, there] = await Promise.all(
            [two.local, two.remote].map((model: Model) => model.score(features, input.length)),
          );
          expect(there).toEqual(here);
        }),
        { numRuns: 30 },
      );
    });
  },
);

describe('pods that do not answer', () => {
  test('are asked once in five seconds, and each error can be tried again', async () => {
    const two = await apart();
    const features = FeatureColumns.fromRows(loanContract(), [EXAMPLE_INPUT]);
    await two.pods.close();
    await expect(two.remote.score(features, 1)).rejects.toThrow(RemoteUnavailableError);
    await expect(two.remote.score(features, 1)).rejects.toThrow(/does not answer$/);
    two.clock.advance(5_001);
    await expect(two.remote.score(features, 1)).rejects.toThrow(/does not answer: /);
    await two.remote.close();
  });

  test('let the stable model decide every record, and count as errors of the candidate', async () => {
    const two = await apart();
    const { router, processor, metricsRegistry } = decisionStack({
      stable: new FakeModel({ version: '7' }),
      loadCandidate: async () => two.remote,
    });
    router.setCandidate({ version: '8', digest: 'sha256:8', mode: 'canary', weightPercent: 100 });
    await until('the candidate is loaded', () => router.canary !== undefined);
    const batch = batchOf(Array.from({ length: 20 }, () => streamRecord({ input: EXAMPLE_INPUT })));
    const { signal } = new AbortController();
    expect(read((await processor.process(batch, signal))[19])).toMatchObject({ model_version: '8' });
    await two.pods.close();
    const outcomes = await processor.process(batchOf(batch.records), signal);
    expect(outcomes.map((outcome) => read(outcome).model_version)).toEqual(Array(20).fill('7'));
    expect(await metricValue(metricsRegistry, 'inference_scoring_errors_total', { model_version: '8' })).toBe(
      20,
    );
    router.close();
  });

  test.each<[string, RequestListener]>([
    ['nothing', () => {}],
    ['404', (_request, response) => response.writeHead(404).end('{}')],
    ['no metadata', (_request, response) => response.writeHead(200).end('{"ready": true}')],
    ['bytes without end', (_request, response) => void flood(response)],
  ])('with %s cannot be opened yet', async (_name, answer) => {
    const server = createServer(answer).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const opened = load(registryWith(), (identity, contract) =>
      RemoteModel.open({ url, identity, contract, clock: new ManualClock(), answerMilliseconds: 300 }),
    );
    await expect(opened).rejects.toThrow(RemoteUnavailableError);
    server.closeAllConnections();
    server.close();
  });

  test('with an answer that cannot be read fail the rows, and no process', async () => {
    const answers = fc.oneof(
      fc.record({ head: fc.constant('2'), body: fc.string() }),
      fc.record({ head: fc.constantFrom('-1', '1e9', 'x', '40'), body: fc.json() }),
      fc.record({ head: fc.constant('80'), body: fc.constant(JSON.stringify({ outputs: [{ name: 'p' }] })) }),
    );
    let answer = { head: '', body: '' };
    await using two = await apart();
    const server = createServer((request, response) => {
      const path = request.url ?? '';
      if (!path.endsWith('/infer')) return void two.pods.app(request, response);
      request.resume();
      response.writeHead(200, { 'Inference-Header-Content-Length': answer.head }).end(answer.body);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { identity, contract } = two.remote;
    if (contract === undefined) throw new Error('the model has a contract');
    const clock = new ManualClock();
    const remote = await RemoteModel.open({ url, identity, contract, clock });
    const features = FeatureColumns.fromRows(contract, [EXAMPLE_INPUT]);
    await fc.assert(
      fc.asyncProperty(answers, async (next) => {
        answer = next;
        clock.advance(5_001);
        await expect(remote.score(features, 1)).rejects.toThrow(RemoteUnavailableError);
      }),
      { numRuns: 50 },
    );
    await remote.close();
    server.closeAllConnections();
    server.close();
  });
});

/** Pods whose metadata is right, and whose answers to rows are those of `answer`. */
async function answering(answer: RequestListener) {
  const stack = new AsyncDisposableStack();
  const two = stack.use(await apart());
  const server = createServer((request, response) => {
    const isInference = request.url?.endsWith('/infer') ?? false;
    request.resume();
    (isInference ? answer : two.pods.app)(request, response);
  }).listen(0, '127.0.0.1');
  stack.defer(() => void server.close());
  stack.defer(() => server.closeAllConnections());
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { identity, contract } = two.remote;
  if (contract === undefined) throw new Error('the model has a contract');
  const clock = new ManualClock();
  const remote = await RemoteModel.open({ url, identity, contract, clock });
  stack.defer(() => remote.close());
  return { remote, clock, contract, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe('an answer that refuses', () => {
  test.each([500, 503, 429, 404, 302])(
    'with %i costs one request, because it says nothing of the rows',
    async (status) => {
      let asked = 0;
      await using pods = await answering((_request, response) => {
        asked++;
        response.writeHead(status).end('{"error": "the server failed on this request"}');
      });
      const rows = Array.from({ length: 64 }, () => EXAMPLE_INPUT);
      const features = FeatureColumns.fromRows(pods.contract, rows);
      const { router, processor } = decisionStack({
        stable: new FakeModel({ version: '7' }),
        loadCandidate: async () => pods.remote,
      });
      router.setCandidate({ version: '8', digest: 'sha256:8', mode: 'canary', weightPercent: 100 });
      await until('the candidate is loaded', () => router.canary !== undefined);
      const batch = batchOf(rows.map((input) => streamRecord({ input })));
      const outcomes = await processor.process(batch, new AbortController().signal);
      expect(outcomes.map((outcome) => read(outcome).model_version)).toEqual(Array(64).fill('7'));
      expect(asked).toBe(1);
      await expect(pods.remote.score(features, 64)).rejects.toThrow(RemoteUnavailableError);
      router.close();
    },
  );

  test('slowly, because the graph fails, is asked for one second of all halves together', async () => {
    let asked = 0;
    const failure = JSON.stringify({ error: 'loan-eligibility version 8 failed to score: a node' });
    await using pods = await answering((_request, response) => {
      asked++;
      pods.clock.advance(400);
      response.writeHead(500).end(failure);
    });
    const features = FeatureColumns.fromRows(pods.contract, [EXAMPLE_INPUT]);
    for (let tries = 0; tries < 10; tries++) await pods.remote.score(features, 1).catch(() => {});
    expect(asked).toBe(3);
  });
});

test.each<[string, object]>([
  ['another version', { model_version: '9' }],
  ['another model', { model_name: 'other' }],
  [
    'another output',
    { outputs: [{ name: 'logits', datatype: 'FP32', shape: [1, 1], parameters: { binary_data_size: 4 } }] },
  ],
  [
    'another number of rows',
    {
      outputs: [
        { name: 'probability', datatype: 'FP32', shape: [3, 1], parameters: { binary_data_size: 4 } },
      ],
    },
  ],
])('an answer of %s decides nothing', async (_what, change) => {
  await using pods = await answering((_request, response) => {
    const outputs = [
      { name: pods.contract.output, datatype: 'FP32', shape: [1, 1], parameters: { binary_data_size: 4 } },
    ];
    const json = Buffer.from(
      JSON.stringify({ model_name: 'loan-eligibility', model_version: '8', outputs, ...change }),
    );
    response.writeHead(200, { 'Inference-Header-Content-Length': json.length });
    response.end(Buffer.concat([json, Buffer.alloc(4)]));
  });
  const features = FeatureColumns.fromRows(pods.contract, [EXAMPLE_INPUT]);
  await expect(pods.remote.score(features, 1)).rejects.toThrow(RemoteUnavailableError);
});

function flood(response: Parameters<RequestListener>[1]): void {
  const chunk = Buffer.alloc(64 * 1024);
  const write = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', write);
  write();
}
