import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type KubeApiServer, startKubeApiServer } from '../../../scripts/stack/kube-api-server.ts';
import { ChaosRun } from '../../chaos/chaos-run.ts';

// This is the short run. `make chaos` is the long run.
let api: KubeApiServer;

beforeAll(async () => {
  api = await startKubeApiServer();
}, 3_600_000);
afterAll(() => api?.stop());

describe('chaos', () => {
  for (const seed of [1, 2, 5]) {
    test(`seed ${seed}: nothing is lost, every key is in order, and repeats have the same decision id`, async () => {
      const result = await ChaosRun.run({ seed, api, namespace: 'default', milliseconds: 8_000 });
      expect({
        violations: result.violations,
        logs: result.violations.length > 0 ? result.logs : '',
      }).toEqual({
        violations: [],
        logs: '',
      });
    }, 180_000);
  }
});
