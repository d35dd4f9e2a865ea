import { expect, test } from '@jest/globals';
import type { Pod } from '../../../../operators/rollout/cluster/objects.ts';
import { servingPins } from '../../../../operators/rollout/cluster/serving-pins.ts';

function pod(version: string, ready: string, deletionTimestamp?: string): Pod {
  const env = [
    { name: 'MODEL_VERSION', value: version },
    { name: 'MODEL_DIGEST', value: `sha256:${version}` },
  ];
  return {
    metadata: { name: `pod-${version}`, ...(deletionTimestamp && { deletionTimestamp }) },
    spec: { containers: [{ name: 'sidecar' }, { name: 'inference', env }] },
    status: { conditions: [{ type: 'Ready', status: ready }] },
  };
}

test('only pods that are ready and not deleted serve', () => {
  const pods = [pod('1', 'True'), pod('2', 'False'), pod('3', 'True', '2026-01-01T00:00:00Z')];
  expect(servingPins(pods, 'inference')).toEqual([{ version: '1', digest: 'sha256:1' }]);
  expect(servingPins(pods, 'sidecar')).toEqual([]);
  expect(servingPins([{ metadata: { name: 'new' } }], 'inference')).toEqual([]);
});
