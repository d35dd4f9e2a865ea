import { describe, expect, test } from '@jest/globals';
import { Counter } from 'prom-client';
import { createMetricsRegistry } from '../../../services/shared/metrics.ts';

describe('the label pod', () => {
  const metricsWith = async (pod?: string): Promise<readonly string[]> => {
    const metricsRegistry = createMetricsRegistry(pod);
    const counter = new Counter({
      name: 'a_total',
      help: 'a',
      labelNames: ['b'],
      registers: [metricsRegistry],
    });
    counter.inc({ b: 'c' });
    return (await metricsRegistry.metrics())
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
  };

  test('is on each metric if a name is given', async () => {
    const lines = await metricsWith('inference-597f495b7b-vxbvn');
    expect(lines).toContainEqual(expect.stringContaining('process_cpu_seconds_total'));
    expect(lines).toContain('a_total{b="c",pod="inference-597f495b7b-vxbvn"} 1');
    for (const line of lines) expect(line).toContain('pod="inference-597f495b7b-vxbvn"');
  });

  test('is absent without a name, because the discovery of Prometheus sets it', async () => {
    expect((await metricsWith()).join('\n')).not.toContain('pod=');
  });
});
