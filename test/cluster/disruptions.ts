import { setTimeout as delay } from 'node:timers/promises';
import { getObject, isReady, kubectl, podsOf } from './kubectl.ts';
import { waitUntil } from './wait-until.ts';

/** Deletes one pod of the component and waits until the same number of pods is ready again. */
export async function deleteOnePod(component: string): Promise<void> {
  const before = await podsOf(component);
  const [victim] = before;
  if (!victim) throw new Error(`${component} has no pod`);
  await kubectl(['delete', 'pod', victim.metadata.name, '--wait=false']);
  await waitUntil(`${before.length} pods of ${component} ready again`, 240, async () => {
    const now = await podsOf(component);
    const gone = !now.some(({ metadata }) => metadata.uid === victim.metadata.uid);
    return gone && now.filter(isReady).length >= before.length;
  });
}

/** Removes a pod from the API server at once, as if its node were lost. Its process is killed without grace. */
export async function killOnePod(component: string): Promise<void> {
  const [victim] = await podsOf(component);
  if (!victim) throw new Error(`${component} has no pod`);
  await kubectl(['delete', 'pod', victim.metadata.name, '--grace-period=0', '--force']);
  await rolledOut(component);
}

export async function rollingRestart(deployment: string): Promise<void> {
  await kubectl(['rollout', 'restart', `deployment/${deployment}`]);
  await rolledOut(deployment);
}

export async function scale(deployment: string, replicas: number): Promise<void> {
  await kubectl(['scale', `deployment/${deployment}`, `--replicas=${replicas}`]);
  await waitUntil(`${replicas} pods of ${deployment}`, 180, async () => {
    const pods = await podsOf(deployment);
    return pods.length === replicas && pods.every(isReady);
  });
}

/**
 * Drains a node with a pod of the component, and uncordons the node. The drain evicts only pods of this component.
 * On a single node the disruption budget holds the drain until evicted pods may come back.
 */
export async function drain(component: string): Promise<void> {
  const [pod] = await podsOf(component);
  const node = pod?.spec.nodeName as string | undefined;
  if (!node) throw new Error(`no pod of ${component} is on a node`);
  const selector = `--pod-selector=app.kubernetes.io/name=${component}`;
  const draining = kubectl([
    'drain',
    node,
    selector,
    '--delete-emptydir-data',
    '--ignore-daemonsets',
    '--timeout=120s',
  ]);
  draining.catch(() => {}); // The failure is handled below, where the promise is awaited.
  try {
    await waitUntil('a pod evicted', 60, async () =>
      (await podsOf(component)).some((other) => !isReady(other)),
    );
    await delay(3_000);
  } finally {
    await kubectl(['uncordon', node]);
  }
  // The evicted pod comes back, the budget permits the next eviction, and the drain ends.
  const cordonAgain = waitUntil('the drain is done', 120, async () => {
    const { spec } = await getObject('node', node);
    if (spec.unschedulable) await kubectl(['uncordon', node]);
    return Promise.race([draining.then(() => true), delay(100, undefined)]);
  });
  await Promise.all([draining, cordonAgain]);
  await rolledOut(component);
}

async function rolledOut(deployment: string): Promise<void> {
  await kubectl(['rollout', 'status', `deployment/${deployment}`, '--timeout=240s']);
}
