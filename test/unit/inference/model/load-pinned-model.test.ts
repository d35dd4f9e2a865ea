import { expect, test } from '@jest/globals';
import { loadPinnedModel } from '../../../../services/inference/model/load-pinned-model.ts';
import type { Model } from '../../../../services/inference/model/model.ts';
import { ModelLoadError } from '../../../../services/inference/model/model-load-error.ts';
import type { DependencyState } from '../../../../services/shared/dependency-state.ts';
import { createLogger } from '../../../../services/shared/logging.ts';
import { RegistryError } from '../../../../services/shared/mlflow/registry-error.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { FakeModel } from '../../../support/model/fake-model.ts';
import { until } from '../../../support/until.ts';

function loadPinned(load: () => Promise<Model>) {
  const clock = new ManualClock();
  const stopping = new AbortController();
  const states: Record<string, DependencyState> = {};
  const loading = loadPinnedModel({
    load,
    reportRegistry: (state) => {
      states.registry = state;
    },
    reportModel: (state) => {
      states.model = state;
    },
    clock,
    logger: createLogger({ component: 'test', level: 'silent' }),
    signal: stopping.signal,
  });
  const failed = () => until('it waits for another try', () => clock.sleeping === 1);
  return { clock, stopping, states, loading, failed };
}

test('a pinned version is loaded as soon as the registry is there', async () => {
  const model = new FakeModel();
  let down = true;
  const { clock, states, loading, failed } = loadPinned(async () => {
    if (down) throw new RegistryError('unreachable', 'MLflow is unreachable');
    return model;
  });
  await failed();
  expect(states).toEqual({
    registry: { state: 'waiting', message: 'MLflow is unreachable' },
    model: { state: 'waiting', message: 'waiting for the registry' },
  });
  down = false;
  clock.advance(1_000);
  expect(await loading).toBe(model);
  expect(states).toEqual({ registry: { state: 'ok' }, model: { state: 'ok' } });
});

test('a pinned version that is refused says why, and stops with the process', async () => {
  const { stopping, states, loading, failed } = loadPinned(() =>
    Promise.reject(new ModelLoadError('DigestMismatch', 'the files are others')),
  );
  await failed();
  expect(states).toEqual({
    registry: { state: 'ok' },
    model: { state: 'waiting', reason: 'DigestMismatch', message: 'the files are others' },
  });
  stopping.abort(new Error('stopping'));
  await expect(loading).rejects.toThrow('stopping');
});
