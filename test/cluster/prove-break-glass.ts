import { MODEL } from '../../charts/model-deployment.ts';
import { INFERENCE_METRICS } from '../../services/shared/agreements/metric-names.ts';
import { ModelRegistry } from '../../services/shared/mlflow/model-registry.ts';
import { scale } from './disruptions.ts';
import { getObject, kubectl } from './kubectl.ts';
import { PortForward } from './port-forward.ts';
import { series } from './prometheus.ts';
import { promote, rolloutStatus, servingVersion } from './promotion.ts';
import type { Steps } from './steps.ts';
import { assertSound, Traffic } from './traffic.ts';
import { underLoad } from './under-load.ts';
import { registerChanged, withOtherDigest } from './versions.ts';
import { waitUntil } from './wait-until.ts';

const BAR_SECONDS = 30;
/** Two applications of each applicant. */
const BURST = 100;

/** Goes back to the former version while alias and MLflow are gone, and leaves the spec as it was. */
export async function proveBreakGlass(steps: Steps, mlflowUrl: string): Promise<void> {
  await steps.prove(
    'break glass: with alias and MLflow gone, the former version decides all keys within 30 s, none lost',
    async () => {
      const former = await servingVersion(300);
      const bad = await registerChanged(mlflowUrl, former, withOtherDigest);
      await underLoad(`left-${bad}`, () => promote(mlflowUrl, bad, { timeoutSeconds: 600 }));
      await onEveryDisk(former);
      const registry = new ModelRegistry({ url: mlflowUrl });
      const { fallback } = await rolloutStatus();
      if (fallback?.version !== former) throw new Error(`the fallback is ${JSON.stringify(fallback)}`);
      await removeAlias(mlflowUrl);
      await stopMlflow();
      let told: string;
      try {
        told = await withoutMlflow(fallback);
      } finally {
        await pinTo(null);
        await scale('mlflow', 1);
      }
      await waitUntil('MLflow answers', 120, () =>
        registry.setAlias(MODEL, 'champion', former).then(() => true),
      );
      await waitUntil('the rollback is over', 300, async () => {
        const { phase, stable, candidate } = await rolloutStatus();
        return phase === 'Stable' && stable?.version === former && candidate === undefined;
      });
      return told;
    },
  );
}

/** @returns what was measured */
async function withoutMlflow(former: { readonly version: string; readonly digest: string }): Promise<string> {
  await using kinesis = await PortForward.open('kinesis', 4567);
  const from = performance.now();
  await pinTo({ ...former, reason: 'the cluster test' });
  const seconds = await waitUntil('only decisions of the former version', BAR_SECONDS, async () => {
    const startedAfter = (performance.now() - from) / 1000;
    const traffic = await Traffic.open(kinesis.url, `break-glass-${Date.now()}`);
    await traffic.burst(BURST);
    const account = await traffic.finish(20);
    assertSound(account);
    const deciders = Object.keys(account.decisionsByVersion);
    if (deciders.join() !== former.version) throw new Error(`versions ${deciders.join(', ')} decide`);
    return startedAfter;
  });
  const { failed, conditions } = await rolloutStatus();
  if (failed?.reason !== 'BreakGlass')
    throw new Error(`the version that was left shows ${JSON.stringify(failed)}`);
  const order = conditions?.find(({ type }) => type === 'BreakGlass');
  if (order?.reason !== 'Pinned') throw new Error(`the condition is ${JSON.stringify(order)}`);
  return `version ${former.version} decides all keys of a burst that began ${seconds.toFixed(1)} s after the order`;
}

async function pinTo(
  pin: { readonly version: string; readonly digest: string; readonly reason: string } | null,
) {
  const patch = JSON.stringify({ spec: { pin } });
  await kubectl(['patch', 'modeldeployment', MODEL, '--type=merge', `--patch=${patch}`]);
}

async function removeAlias(mlflowUrl: string): Promise<void> {
  const url = `${mlflowUrl}/api/2.0/mlflow/registered-models/alias`;
  const body = JSON.stringify({ name: MODEL, alias: 'champion' });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'DELETE', headers, body });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
}

async function stopMlflow(): Promise<void> {
  await kubectl(['scale', 'deployment/mlflow', '--replicas=0']);
  const selector = '--selector=app.kubernetes.io/name=mlflow';
  await kubectl(['delete', 'pods', selector, '--grace-period=0', '--force']);
}

async function onEveryDisk(version: string): Promise<void> {
  await using prometheus = await PortForward.open('prometheus', 9090);
  await waitUntil('the former version on the disk of each pod', 120, () =>
    haveFiles(prometheus.url, version),
  );
}

/** Whether Prometheus saw the files of the version on every pod. */
async function haveFiles(prometheusUrl: string, version: string): Promise<boolean> {
  const { spec } = await getObject('deployment', 'inference');
  const query = `${INFERENCE_METRICS.rollbackFiles}{model_version="${version}"} == 1`;
  return (await series(prometheusUrl, query)) >= spec.replicas;
}
