import { describe, expect, test } from '@jest/globals';
import type { Candidate } from '../../../../../services/inference/decision/route/model-router.ts';
import type { Model } from '../../../../../services/inference/model/model.ts';
import {
  batchOf,
  decisionStack,
  metricValue,
  read,
  streamRecord,
} from '../../../../support/model/decision-stack.ts';
import { FakeModel } from '../../../../support/model/fake-model.ts';
import { EXAMPLE_INPUT } from '../../../../support/model/loan-model.ts';
import { until } from '../../../../support/until.ts';

const { signal } = new AbortController();
const batch = batchOf([streamRecord({ input: EXAMPLE_INPUT })]);
const canary: Candidate = { version: '8', digest: 'sha256:8', mode: 'canary', weightPercent: 100 };

describe('a swap of the stable model', () => {
  test('lets what is under way end on the old one, and then closes it', async () => {
    const gate = Promise.withResolvers<void>();
    const old = new FakeModel({ version: '7', gate: gate.promise });
    const next = new FakeModel({ version: '8' });
    const { router, processor, metricsRegistry } = decisionStack({ stable: old });
    const underWay = processor.process(batch, signal);
    router.setStable(next);
    const afterwards = await processor.process(batchOf(batch.records), signal);
    expect(read(afterwards[0]).model_version).toBe('8');
    expect(old.closed).toBe(false);
    gate.resolve();
    expect(read((await underWay)[0]).model_version).toBe('7');
    await until('the old model is closed', () => old.closed);
    expect(
      await metricValue(metricsRegistry, 'inference_model_info', { model_version: '7' }),
    ).toBeUndefined();
    expect(
      await metricValue(metricsRegistry, 'inference_model_info', { model_version: '8', role: 'stable' }),
    ).toBe(1);
  });

  test('to the version of the candidate ends the candidate', async () => {
    const candidate = new FakeModel({ version: '8' });
    const { router } = decisionStack({ stable: new FakeModel(), loadCandidate: async () => candidate });
    router.setCandidate(canary);
    await until('the candidate is loaded', () => router.canary !== undefined);
    router.setStable(new FakeModel({ version: '8' }));
    expect(router.canary).toBeUndefined();
    await until('the candidate is closed', () => candidate.closed);
  });
});

describe('a candidate', () => {
  test('takes part only once it is loaded; until then the stable model has every key', async () => {
    const loading = Promise.withResolvers<Model>();
    const { router, processor } = decisionStack({
      stable: new FakeModel(),
      loadCandidate: () => loading.promise,
    });
    router.setCandidate(canary);
    expect(router.stateOf('8')).toEqual({ state: 'loading' });
    expect(read((await processor.process(batch, signal))[0]).model_version).toBe('7');
    loading.resolve(new FakeModel({ version: '8' }));
    await until('the candidate is loaded', () => router.stateOf('8').state === 'ready');
    expect(read((await processor.process(batchOf(batch.records), signal))[0])).toMatchObject({
      model_version: '8',
      role: 'candidate',
    });
  });

  test('that cannot be loaded leaves the stable model alone, and says why', async () => {
    const { router, processor } = decisionStack({
      stable: new FakeModel(),
      loadCandidate: () => Promise.reject(new Error('the digest is another')),
    });
    router.setCandidate(canary);
    await until('the candidate has failed', () => router.stateOf('8').state === 'failed');
    expect(router.stateOf('8')).toEqual({ state: 'failed', reason: 'the digest is another' });
    expect(read((await processor.process(batch, signal))[0]).model_version).toBe('7');
  });

  test('keeps its model when only its weight or mode changes', async () => {
    let loads = 0;
    const { router, metricsRegistry } = decisionStack({
      stable: new FakeModel(),
      loadCandidate: async () => {
        loads++;
        return new FakeModel({ version: '8' });
      },
    });
    router.setCandidate({ ...canary, mode: 'shadow', weightPercent: 0 });
    await until('the candidate is loaded', () => router.shadow !== undefined);
    router.setCandidate({ ...canary, weightPercent: 10 });
    expect(router.shadow).toBeUndefined();
    expect(router.canary).toBeDefined();
    expect(
      await metricValue(metricsRegistry, 'inference_candidate_weight_percent', { model_version: '8' }),
    ).toBe(10);
    expect(loads).toBe(1);
  });

  test('that ran in other pods decides there until this process has loaded it', async () => {
    const local = Promise.withResolvers<Model>();
    const remote = new FakeModel({ version: '8' });
    const here = new FakeModel({ version: '8' });
    const { router, processor, metricsRegistry } = decisionStack({
      stable: new FakeModel(),
      loadCandidate: async ({ remoteUrl }) => (remoteUrl === undefined ? local.promise : remote),
    });
    router.setCandidate({ ...canary, remoteUrl: 'http://inference-canary:8080' });
    await until('the remote candidate is loaded', () => router.stateOf('8').state === 'ready');
    router.setCandidate(canary);
    expect(router.stateOf('8')).toEqual({ state: 'loading' });
    expect(read((await processor.process(batch, signal))[0]).model_version).toBe('8');
    expect(remote.closed).toBe(false);
    local.resolve(here);
    await until('this process has loaded it', () => router.stateOf('8').state === 'ready');
    await until('the remote candidate is closed', () => remote.closed);
    expect(read((await processor.process(batchOf(batch.records), signal))[0]).model_version).toBe('8');
    expect(here.closed).toBe(false);
    expect(
      await metricValue(metricsRegistry, 'inference_candidate_weight_percent', { model_version: '8' }),
    ).toBe(100);
    router.setCandidate(undefined);
    await until('it is closed', () => here.closed);
  });

  test('that was superseded while it was loading is closed and never used', async () => {
    const first = Promise.withResolvers<Model>();
    const superseded = new FakeModel({ version: '8' });
    const { router } = decisionStack({
      stable: new FakeModel(),
      loadCandidate: ({ version }) =>
        version === '8' ? first.promise : Promise.resolve(new FakeModel({ version })),
    });
    router.setCandidate(canary);
    router.setCandidate({ ...canary, version: '9', digest: 'sha256:9' });
    first.resolve(superseded);
    await until('the first is closed', () => superseded.closed);
    expect(router.stateOf('8')).toEqual({ state: 'unknown' });
    expect(router.canary?.model.identity.version).toBe('9');
  });

  test.each<[string, (loading: PromiseWithResolvers<Model>) => void]>([
    ['it is loaded', (loading) => loading.resolve(new FakeModel({ version: '8' }))],
    ['it has failed', (loading) => loading.reject(new Error('the digest is another'))],
  ])('in canary is settled once %s', async (_, end) => {
    const loading = Promise.withResolvers<Model>();
    const { router } = decisionStack({ stable: new FakeModel(), loadCandidate: () => loading.promise });
    router.setCandidate(canary);
    const events: string[] = [];
    const settled = router.canarySettled().then(() => events.push('settled'));
    await new Promise(setImmediate);
    events.push('loading ends');
    end(loading);
    await settled;
    expect(events).toEqual(['loading ends', 'settled']);
    expect(router.stateOf('8').state).not.toBe('loading');
  });

  test('in canary that was superseded is settled with its successor', async () => {
    const next = Promise.withResolvers<Model>();
    const { router } = decisionStack({
      stable: new FakeModel(),
      loadCandidate: ({ version }) =>
        version === '9' ? next.promise : Promise.resolve(new FakeModel({ version })),
    });
    router.setCandidate(canary);
    const settled = router.canarySettled();
    router.setCandidate({ ...canary, version: '9', digest: 'sha256:9' });
    await new Promise(setImmediate);
    next.resolve(new FakeModel({ version: '9' }));
    await settled;
    expect(router.stateOf('9')).toEqual({ state: 'ready' });
  });

  test('in shadow, or none, leaves nothing to settle', async () => {
    const { router } = decisionStack({
      stable: new FakeModel(),
      loadCandidate: () => new Promise<Model>(() => {}),
    });
    await router.canarySettled();
    router.setCandidate({ ...canary, mode: 'shadow', weightPercent: 0 });
    await router.canarySettled();
    expect(router.stateOf('8')).toEqual({ state: 'loading' });
  });

  test('that is taken away is closed, and its loading ends', async () => {
    let aborted = false;
    const { router } = decisionStack({
      stable: new FakeModel(),
      loadCandidate: (_, loadSignal) =>
        new Promise((_resolve, reject) => {
          loadSignal.addEventListener('abort', () => {
            aborted = true;
            reject(loadSignal.reason);
          });
        }),
    });
    router.setCandidate(canary);
    router.setCandidate(undefined);
    expect(aborted).toBe(true);
    expect(router.stateOf('8')).toEqual({ state: 'unknown' });
  });

  test('of the same version as the stable model is none', () => {
    const { router } = decisionStack({ stable: new FakeModel({ version: '8' }) });
    router.setCandidate(canary);
    expect(router.canary).toBeUndefined();
    expect(router.stateOf('8')).toEqual({ state: 'ready' });
  });
});
