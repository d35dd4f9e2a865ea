import { setTimeout as delay } from 'node:timers/promises';
import type { KubeApiServer } from '../../scripts/stack/kube-api-server.ts';
import { LEADER_LEASE } from '../../services/shared/agreements/kubernetes-names.ts';
import { KubernetesClient } from '../../services/shared/kubernetes/kubernetes-client.ts';
import type { KubernetesObject, Lease } from '../../services/shared/kubernetes/objects.ts';
import { until } from '../support/until.ts';
import { FaultScene } from './fault-scene.ts';
import { RegistryStandIn } from './registry-stand-in.ts';
import type { RolloutBenchRow } from './rollout-rows.ts';
import { freeze, overwritePin } from './target-faults.ts';
import { deliverWebhook } from './webhook-delivery.ts';

const BAR_SECONDS = 30;
/** Time for the operator to meet the fault before the candidate errs. */
const SETTLE_MILLISECONDS = 3_000;
const NEIGHBOURS = 40;
const HOUR_AHEAD = dateShift(3_600_000);
const HOUR_BEHIND = dateShift(-3_600_000);

interface Fault {
  readonly what: string;
  /** Begins the fault before the candidate errs. */
  readonly before?: (scene: FaultScene) => Promise<unknown>;
  /** Begins the fault at the moment at which the candidate errs. */
  readonly with?: (scene: FaultScene) => Promise<unknown>;
  readonly nodeOptions?: readonly string[];
}

const FAULTS: readonly Fault[] = [
  { what: 'no other fault' },
  { what: 'an admission policy denies writes of Deployments and Jobs', before: freeze },
  {
    what: 'the registry hangs',
    before: async ({ registry }) => {
      registry.hangs = true;
    },
  },
  { what: `${NEIGHBOURS} other objects on a registry that hangs`, before: addNeighbours },
  {
    what: 'another client writes metadata once a second',
    before: async (scene) => scene.repeat(1_000, () => touch(scene)),
  },
  {
    what: 'the Deployment is paused',
    before: ({ options, deploymentPath }) => options.client.merge(deploymentPath, { spec: { paused: true } }),
  },
  {
    what: 'the Deployment is scaled to 0',
    before: scaleToZero,
  },
  { what: 'a pod crashed', before: crashPod },
  { what: 'another client overwrites the pin every 0.2 s', before: overwritePin },
  {
    what: '50 webhooks a second',
    before: async (scene) =>
      scene.repeat(20, () => deliverWebhook(scene.operators[0]?.port ?? 0, scene.options.namespace)),
  },
  { what: "the leader's clock is an hour ahead", nodeOptions: HOUR_AHEAD },
  { what: "the leader's clock is an hour behind", nodeOptions: HOUR_BEHIND },
  {
    what: 'the API server restarts',
    with: async (scene) => {
      await scene.options.api.stopApi();
      await scene.options.api.startApi();
      // An operator that could not renew its Lease has ended, and the kubelet would start it again.
      await scene.startOperator();
    },
  },
  { what: 'the leader is stopped (SIGSTOP), and another replica takes over', with: stopLeader },
];

/** Measures for how long a candidate keeps its keys after it began to err, beside one other fault at a time. */
export async function faultBench(
  api: KubeApiServer,
  directory: string,
  bundle: string,
): Promise<RolloutBenchRow[]> {
  await using stack = new AsyncDisposableStack();
  const client = new KubernetesClient({ kubeConfig: api.kubeConfig });
  stack.defer(() => client.close());
  const rows: RolloutBenchRow[] = [];
  for (const [index, fault] of FAULTS.entries()) {
    const { what, nodeOptions = [] } = fault;
    const operator = { directory, bundle, nodeOptions };
    await using scene = new FaultScene({ api, client, namespace: `fault-${index}`, operator });
    await scene.start();
    if (fault.with === stopLeader) await scene.startOperator();
    await fault.before?.(scene);
    await delay(SETTLE_MILLISECONDS);
    scene.err();
    const [value] = await Promise.all([scene.secondsUntilNoKey(), fault.with?.(scene)]);
    rows.push({
      what,
      value,
      unit: Number.isNaN(value) ? 'still has keys after 120 s' : `s (bar ${BAR_SECONDS})`,
    });
  }
  return rows;
}

async function addNeighbours(scene: FaultScene): Promise<void> {
  const hanging = new RegistryStandIn();
  hanging.hangs = true;
  await hanging.start();
  scene.defer(() => hanging[Symbol.asyncDispose]());
  for (let index = 0; index < NEIGHBOURS; index++) {
    await scene.install(`neighbour-${index}`, hanging.url, `neighbour-${index}`, hanging.url);
  }
}

function touch({ options, objectPath }: FaultScene): Promise<unknown> {
  const annotations = { touched: String(performance.now()) };
  return options.client.merge(objectPath, { metadata: { annotations } });
}

async function scaleToZero({ options, deploymentPath }: FaultScene): Promise<void> {
  const { client, namespace } = options;
  await client.merge(deploymentPath, { spec: { replicas: 0 } });
  for (const name of ['inference-0', 'inference-1']) {
    await client.delete(`/api/v1/namespaces/${namespace}/pods/${name}`);
  }
}

/** Half of the pods are not available. */
async function crashPod({ options, deploymentPath }: FaultScene): Promise<void> {
  const { client, namespace } = options;
  const finishedAt = new Date().toISOString();
  const lastState = { terminated: { exitCode: 139, reason: 'Error', startedAt: finishedAt, finishedAt } };
  const state = { waiting: { reason: 'CrashLoopBackOff' } };
  const container = { name: 'inference', image: 'inference:1', imageID: '', ready: false, restartCount: 1 };
  await client.merge(`/api/v1/namespaces/${namespace}/pods/inference-0/status`, {
    status: { containerStatuses: [{ ...container, state, lastState }] },
  });
  await client.merge(`${deploymentPath}/status`, { status: { availableReplicas: 1, readyReplicas: 1 } });
}

async function stopLeader({ options, operators }: FaultScene): Promise<void> {
  const { client, namespace } = options;
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${LEADER_LEASE}`;
  const leader = async () => (await client.get<KubernetesObject & Lease>(path)).spec?.holderIdentity;
  const name = await leader();
  const pid = operators[name === 'rollout-0' ? 0 : 1]?.pid;
  if (pid === undefined) throw new Error(`no operator is named ${name}`);
  process.kill(pid, 'SIGSTOP');
  await until('another leader', async () => (await leader()) !== name, 60_000);
  process.kill(pid, 'SIGCONT');
}

/** Options of Node.js by which `Date.now` is wrong from the start of a process. */
function dateShift(milliseconds: number): readonly string[] {
  const code = `const now=Date.now;Date.now=()=>now()+${milliseconds}`;
  return ['--import', `data:text/javascript,${encodeURIComponent(code)}`];
}
