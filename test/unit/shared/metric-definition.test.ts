import { expect, test } from '@jest/globals';
import { Registry as MetricsRegistry } from 'prom-client';
import { createMetrics } from '../../../services/shared/metric-definition.ts';

test('makes each metric with its type, labels and buckets', async () => {
  const metricsRegistry = new MetricsRegistry();
  const { requests, depth, seconds, share } = createMetrics(metricsRegistry, {
    requests: {
      type: 'counter',
      name: 'requests_total',
      help: 'Requests.',
      labels: ['route'],
      present: 'always',
    },
    depth: { type: 'gauge', name: 'depth', help: 'Waiting.', present: 'always' },
    seconds: { type: 'histogram', name: 'seconds', help: 'Duration.', buckets: [1, 2], present: 'always' },
    share: {
      type: 'tallied histogram',
      name: 'share',
      help: 'Share.',
      labels: ['role'],
      buckets: [0.5],
      present: 'trouble',
    },
  });
  requests.inc({ route: '/predict' });
  depth.set(3);
  seconds.observe(1.5);
  share.add({ role: 'stable' }, { counts: Uint32Array.of(1, 2), sum: 2 });
  const text = await metricsRegistry.metrics();
  expect(text).toContain('# HELP requests_total Requests.\n# TYPE requests_total counter');
  expect(text).toContain('requests_total{route="/predict"} 1');
  expect(text).toContain('depth 3');
  expect(text).toContain('seconds_bucket{le="1"} 0\nseconds_bucket{le="2"} 1');
  expect(text).toContain('# TYPE share histogram\nshare_bucket{le="0.5",role="stable"} 1');
  expect(text).toContain('share_count{role="stable"} 3');
});
