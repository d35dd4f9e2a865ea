import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { measureCanary, measureSoak } from '../../../operators/rollout/measurement/live.ts';
import { Prometheus } from '../../../operators/rollout/measurement/prometheus.ts';
import { measureShadow } from '../../../operators/rollout/measurement/shadow.ts';
import type { Subject } from '../../../operators/rollout/measurement/subject.ts';
import { specSchema } from '../../../services/shared/model-deployment/spec.ts';
import { PrometheusServer, prometheusInstalled } from '../../support/prometheus-server.ts';

type Labels = Readonly<Record<string, string>>;

const LONG = 'd'.repeat(60);
const WINDOW_SECONDS = 600;
const NAMESPACE = { namespace: 'lending' };
const PAIR = ['a', 'b'].map((prometheus_replica) => ({ prometheus_replica }));

/** Pods and the records that they decided in the step, by the version that they decided with. */
const DECIDED: Readonly<Record<string, readonly (Labels & { pod: string; records: string })[]>> = {
  // Two clusters behind one Prometheus. The names of their pods differ in the last part, or not at all.
  3: [
    { pod: 'inference-abc12-ccccc', cluster: 'prod', records: '0' },
    { pod: 'inference-abc12-ddddd', cluster: 'staging', records: '5000' },
  ],
  4: [
    { pod: 'inference-abc12-ccccc', cluster: 'prod', records: '7' },
    { pod: 'inference-abc12-ccccc', cluster: 'staging', records: '5000' },
  ],
  // Two Prometheus servers scrape the same pod.
  5: PAIR.map((replica) => ({ pod: 'inference-abc12-eeeee', ...replica, records: '60' })),
  // A Job with a similar name.
  6: [
    { pod: 'inference-abc12-fffff', records: '8' },
    { pod: 'inference-backfill-x9z8y', records: '5000' },
  ],
  // The name of a pod has at most 63 characters, so Kubernetes cuts the name of its Deployment.
  7: [
    { pod: `${LONG.slice(0, 58)}ggggg`, records: '90' },
    { pod: `${LONG.slice(0, 57)}-hhhhh`, records: '5000' },
  ],
};

/** The counters of `labels`, before the step and at its end. */
function counted(name: string, labels: Labels, now: number, growth: number): string {
  const text = Object.entries({ ...NAMESPACE, ...labels }).map(([key, value]) => `${key}="${value}"`);
  const at = (value: number, time: number) => `${name}_total{${text}} ${value} ${time}\n`;
  return at(1_000, now - WINDOW_SECONDS - 60) + at(1_000 + growth, now - 30);
}

function history(): string {
  const now = Math.floor(Date.now() / 1000);
  const decisions = Object.entries(DECIDED).flatMap(([model_version, pods]) =>
    pods.map(({ records, ...labels }) =>
      counted(
        'inference_decisions',
        { ...labels, model_version, role: 'candidate', decision: 'true' },
        now,
        Number(records),
      ),
    ),
  );
  const pair = PAIR.map((replica) => ({ pod: 'inference-abc12-eeeee', model_version: '5', ...replica }));
  const errors = pair.map((labels) =>
    counted('inference_scoring_errors', { ...labels, role: 'candidate' }, now, 20),
  );
  const comparisons = pair.flatMap((labels) => [
    counted('inference_shadow_comparisons', { ...labels, agreement: 'agree' }, now, 90),
    counted('inference_shadow_comparisons', { ...labels, agreement: 'flip' }, now, 5),
  ]);
  return [
    '# TYPE inference_decisions counter\n',
    ...decisions,
    '# TYPE inference_scoring_errors counter\n',
    ...errors,
    '# TYPE inference_shadow_comparisons counter\n',
    ...comparisons,
  ].join('');
}

(prometheusInstalled ? describe : describe.skip)('only the records of the target count as evidence', () => {
  let prometheus: PrometheusServer;

  beforeAll(async () => {
    prometheus = await PrometheusServer.start({ history: history() });
  }, 120_000);

  afterAll(() => prometheus?.[Symbol.asyncDispose]());

  function subject(version: string, pods: readonly string[] | undefined, changes: Partial<Subject> = {}) {
    const target = { ...NAMESPACE, deployment: 'inference', pods, matchers: undefined };
    return { ...target, version, stable: '1', windowSeconds: WINDOW_SECONDS, ...changes };
  }

  function canary(about: Subject) {
    const analysis = specSchema.shape.analysis.unwrap().parse({ prometheus: prometheus.url });
    return measureCanary(new Prometheus(), about, analysis, 100);
  }

  test.each<[string, string, readonly string[], Partial<Subject>, number]>([
    ['not of a pod in another cluster', '3', ['inference-abc12-ccccc'], {}, 0],
    [
      'not of a pod with the same name in another cluster',
      '4',
      ['inference-abc12-ccccc'],
      { matchers: 'cluster="prod"' },
      7,
    ],
    ['not of a pod with a similar name', '6', ['inference-abc12-fffff'], {}, 8],
    ['also of a Deployment with a long name', '7', [`${LONG.slice(0, 58)}ggggg`], { deployment: LONG }, 90],
    ['not of any pod if there is none', '6', [], {}, 0],
  ])('%s', async (_which, version, pods, changes, samples) => {
    expect(await canary(subject(version, pods, changes))).toMatchObject({ verdict: 'inconclusive', samples });
  });

  test('once if two Prometheus servers scrape the pod', async () => {
    const about = subject('5', ['inference-abc12-eeeee']);
    expect(await canary(about)).toMatchObject({ samples: 80, message: 'error-ratio is 0.25, above 0.01' });
    const analysis = specSchema.shape.analysis.unwrap().parse({
      prometheus: prometheus.url,
      queries: [{ name: 'any', query: 'vector(0)', max: 1 }],
    });
    expect(await measureSoak(new Prometheus(), about, analysis)).toMatchObject({ samples: 60 });
    const limits = specSchema.shape.shadow.unwrap().parse({ minimumSamples: 100 });
    expect(await measureShadow(new Prometheus(), prometheus.url, about, limits)).toMatchObject({
      message: '95 of 100 samples',
    });
  });

  test.each([
    ['a Deployment', 'inference', '6', 5008],
    ['a Deployment with a long name', LONG, '7', 90],
  ])(
    'by the name of %s if its pods are not known, and then pass nothing',
    async (_which, deployment, version, samples) => {
      const about = subject(version, undefined, { deployment });
      const analysis = specSchema.shape.analysis.unwrap().parse({ prometheus: prometheus.url });
      const measured = await measureCanary(new Prometheus(), about, analysis, samples);
      expect(measured).toMatchObject({
        kind: 'partial',
        message: `the pods of the target are not known, so other pods may count: ${samples} samples; error-ratio is 0`,
      });
    },
  );
});
