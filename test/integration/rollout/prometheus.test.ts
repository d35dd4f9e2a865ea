import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { measureCanary, measureSoak } from '../../../operators/rollout/measurement/live.ts';
import { Prometheus } from '../../../operators/rollout/measurement/prometheus.ts';
import { measureShadow } from '../../../operators/rollout/measurement/shadow.ts';
import { createInferenceMetrics } from '../../../services/inference/metrics.ts';
import { specSchema } from '../../../services/shared/model-deployment/spec.ts';
import { PrometheusServer, prometheusInstalled } from '../../support/prometheus-server.ts';
import { until } from '../../support/until.ts';

const shape = specSchema.shape;
const NOWHERE_ELSE = { namespace: 'lending', matchers: undefined };
const limits = shape.shadow.unwrap().parse({ minimumSamples: 100 });

/** A real Prometheus scrapes the metrics that inference pods export. */
(prometheusInstalled ? describe : describe.skip)('the gates on a real Prometheus', () => {
  const metricsRegistry = new Registry();
  const metrics = createInferenceMetrics(metricsRegistry);
  let exporter: Server;
  let prometheus: PrometheusServer;
  let url: string;

  beforeAll(async () => {
    exporter = createServer(async (_request, response) => {
      response.setHeader('content-type', metricsRegistry.contentType).end(await metricsRegistry.metrics());
    });
    await new Promise<void>((resolve) => exporter.listen(0, '127.0.0.1', resolve));
    const target = `127.0.0.1:${(exporter.address() as AddressInfo).port}`;
    const labels = { namespace: 'lending', pod: 'inference-abc12-x9z8y' };
    prometheus = await PrometheusServer.start({
      scrapeConfigs: [{ job_name: 'inference', static_configs: [{ targets: [target], labels }] }],
    });
    url = prometheus.url;
    await until('the first scrape', async () => (await new Prometheus().query(url, 'up == 1')).length === 1);
    // All series begin with these values, like the series of a new version.
    count(400);
    await until('the second scrape', async () => {
      return (await new Prometheus().query(url, 'inference_decisions_total')).length > 0;
    });
  }, 120_000);

  afterAll(async () => {
    await prometheus?.[Symbol.asyncDispose]();
    exporter?.closeAllConnections();
    exporter?.close();
  }, 30_000);

  /** Records of version 7 beside version 6: 5 % flips, 2 % errors in canary. */
  function count(records: number): void {
    const model_version = '7';
    metrics.shadowComparisons.inc({ model_version, agreement: 'agree' }, records * 0.95);
    metrics.shadowComparisons.inc({ model_version, agreement: 'flip' }, records * 0.05);
    for (const scored_by of ['stable', 'candidate']) {
      const counts = new Uint32Array(10).fill(records / 10);
      metrics.shadowProbability.add({ model_version, scored_by }, { counts, sum: records / 2 });
      const all = { model_version, scored_by, group: '', value: '' };
      metrics.shadowDecisions.inc({ ...all, decision: 'true' }, records * 0.6);
      metrics.shadowDecisions.inc({ ...all, decision: 'false' }, records * 0.4);
    }
    metrics.decisions.inc({ model_version, role: 'candidate', decision: 'true' }, records);
    metrics.scoringErrors.inc({ model_version, role: 'candidate' }, records * 0.02);
  }

  function subject(deployment = 'inference') {
    const pods = deployment === 'inference' ? ['inference-abc12-x9z8y'] : [];
    return { ...NOWHERE_ELSE, deployment, pods, version: '7', stable: '6', windowSeconds: 60 };
  }

  test('the shadow gate measures agreement, score shift and approvals', async () => {
    const measured = await measureShadow(new Prometheus(), url, subject(), limits);
    expect(measured).toMatchObject({ kind: 'measured', verdict: 'passed' });
    expect((measured as { message: string }).message).toMatch(
      /agreement is 0\.95; score shift is 0; change of approvals is 0$/,
    );
  });

  test('canary and bake time measure the share of errors by default', async () => {
    const analysis = shape.analysis.unwrap().parse({ prometheus: url });
    expect(await measureCanary(new Prometheus(), subject(), analysis, 100)).toMatchObject({
      verdict: 'failed',
      message: 'error-ratio is 0.01961, above 0.01',
    });
    expect(await measureSoak(new Prometheus(), subject(), analysis)).toMatchObject({ verdict: 'failed' });
  });

  test('a restart of the container hides no error', async () => {
    const analysis = shape.analysis.unwrap().parse({ prometheus: url });
    const grow = async (decisions: number, errors: number) => {
      metrics.decisions.inc({ model_version: '8', role: 'candidate', decision: 'true' }, decisions);
      metrics.scoringErrors.inc({ model_version: '8', role: 'candidate' }, errors);
      const counter = 'inference_scoring_errors_total{model_version="8"}';
      await until('a scrape', async () => {
        return (await new Prometheus().query(url, `${counter} == ${errors}`)).length > 0;
      });
    };
    await grow(10_000, 60);
    const stepBegan = performance.now();
    // A window has whole seconds. It must begin between the scrape before the step and the restart.
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    metricsRegistry.resetMetrics();
    await grow(41, 59);
    const windowSeconds = Math.floor((performance.now() - stepBegan) / 1000);
    const measured = await measureCanary(
      new Prometheus(),
      { ...subject(), version: '8', windowSeconds },
      analysis,
      100,
    );
    expect(measured).toMatchObject({
      verdict: 'failed',
      samples: 100,
      message: 'error-ratio is 0.59, above 0.01',
    });
  });

  test('a gate of another Deployment finds no records', async () => {
    const analysis = shape.analysis.unwrap().parse({ prometheus: url });
    expect(await measureCanary(new Prometheus(), subject('inference-abc12'), analysis, 100)).toMatchObject({
      verdict: 'inconclusive',
      samples: 0,
    });
    expect(await measureShadow(new Prometheus(), url, subject('other'), limits)).toMatchObject({
      verdict: 'inconclusive',
      samples: 0,
    });
  });
});
