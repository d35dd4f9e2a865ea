import { MODEL } from '../../charts/model-deployment.ts';
import { ISOLATED_CANARY } from '../../services/shared/agreements/kubernetes-names.ts';
import { isReady, kubectl, podsOf } from './kubectl.ts';
import { type OnStatus, promote, promoteRefused, servingVersion } from './promotion.ts';
import type { Steps } from './steps.ts';
import { assertSound } from './traffic.ts';
import { underLoad } from './under-load.ts';
import { registerChanged, withOtherDigest } from './versions.ts';
import { waitUntil } from './wait-until.ts';

/** A candidate in pods of its own: one that is promoted, and one whose pods are killed. */
export async function proveIsolatedCanary(steps: Steps, mlflowUrl: string): Promise<void> {
  await steps.prove(
    'a candidate in pods of its own decides its keys and is promoted, under load',
    async () => {
      await isolate({ replicas: 1 });
      const version = await registerChanged(mlflowUrl, await servingVersion(300), (files) => files);
      const seen = new Set<string>();
      const account = await underLoad(`isolated-${version}`, () =>
        promote(mlflowUrl, version, { timeoutSeconds: 600, onStatus: sawPods(version, seen) }),
      );
      if (account.flippedBack > 0) throw new Error(`${account.flippedBack} applicants flipped back`);
      if (!seen.has('Canary')) throw new Error('no pod of its own ran the candidate in canary');
      await waitUntil(
        'no pod of its own is left',
        120,
        async () => (await podsOf(ISOLATED_CANARY)).length === 0,
      );
      return `${assertSound(account)}; pods of its own in ${[...seen].join(' and ')}`;
    },
  );
  await steps.prove('a candidate whose own pods die is refused, and no application is lost', async () => {
    const version = await registerChanged(mlflowUrl, await servingVersion(300), withOtherDigest);
    let reason = '';
    const account = await underLoad(`killed-${version}`, async () => {
      ({ reason } = await promoteRefused(mlflowUrl, version, async ({ phase }) => {
        if (phase === 'Canary') await killPods();
      }));
    });
    if (reason !== 'CanaryFailed') throw new Error(`refused by another gate: ${reason}`);
    return `${assertSound(account)}; decisions by version ${JSON.stringify(account.decisionsByVersion)}`;
  });
  await isolate(null);
}

async function isolate(isolated: { readonly replicas: number } | null): Promise<void> {
  const patch = JSON.stringify({ spec: { canary: { isolated } } });
  await kubectl(['patch', 'modeldeployment', MODEL, '--type=merge', `--patch=${patch}`]);
}

/** Notes each phase in which a ready pod runs the candidate apart from the target. */
function sawPods(version: string, seen: Set<string>): OnStatus {
  return async ({ phase = '', candidate }) => {
    if (candidate?.version !== version || candidate.isolated === undefined) return;
    const pods = await podsOf(ISOLATED_CANARY);
    const runs = pods.some(
      (pod) => isReady(pod) && JSON.stringify(pod.spec.containers).includes(`"value":"${version}"`),
    );
    if (runs) seen.add(phase);
  };
}

async function killPods(): Promise<void> {
  const selector = `--selector=app.kubernetes.io/name=${ISOLATED_CANARY}`;
  await kubectl(['delete', 'pods', selector, '--grace-period=0', '--force', '--wait=false']);
}
