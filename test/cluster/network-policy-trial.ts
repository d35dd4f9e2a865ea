import { setTimeout as delay } from 'node:timers/promises';
import { command } from './command.ts';
import { NotRun } from './steps.ts';

/** What a connection between two pods did, before and after a policy that forbids it. */
export interface PolicyTrial {
  readonly before: 'open' | 'closed';
  readonly after: 'open' | 'closed';
}

/** Time after which a policy that is enforced has long taken effect. */
const EFFECT_SECONDS = 30;

/** A namespace of its own, because the policies of the system would confuse the trial. */
const TRIAL = 'network-policy-trial';
const PORT = 8080;

/**
 * Says whether the cluster enforces NetworkPolicies at all. Nothing about the policies of this system follows from it.
 * @throws NotRun if the cluster does not enforce them and `required` is false; else Error
 */
export function refuseUnenforced({ before, after }: PolicyTrial, required: boolean): void {
  if (before === 'closed')
    throw new Error(
      'two pods of a namespace without policies do not reach each other, so nothing can be said about NetworkPolicies',
    );
  if (after === 'closed') return;
  const reason = `this cluster does not enforce NetworkPolicies: a pod was still reached ${EFFECT_SECONDS} s after a policy forbade it`;
  throw required ? new Error(`${reason}, and REQUIRE_NETWORK_POLICIES is true`) : new NotRun(reason);
}

/** Lets a pod connect to another, forbids it by a policy, and lets it connect again. @param image with `node` in it */
export async function policyTrial(image: string): Promise<PolicyTrial> {
  const remove = () => kubectl(['delete', 'namespace', TRIAL, '--ignore-not-found', '--timeout=120s'], false);
  // A run that was interrupted may have left it.
  await remove();
  await kubectl(['create', 'namespace', TRIAL], false);
  try {
    const serve = `require('node:http').createServer((_, answer) => answer.end()).listen(${PORT})`;
    await apply([pod('server', image, serve), pod('client', image, 'setInterval(() => {}, 1e9)')]);
    await kubectl(['wait', '--for=condition=Ready', '--timeout=90s', 'pod/server', 'pod/client']);
    const address = (await kubectl(['get', 'pod', 'server', '--output=jsonpath={.status.podIP}'])).trim();
    const reached = await becomes('open', address, EFFECT_SECONDS);
    if (!reached) return { before: 'closed', after: 'closed' };
    await apply([DENIAL]);
    const refused = await becomes('closed', address, EFFECT_SECONDS);
    return { before: 'open', after: refused ? 'closed' : 'open' };
  } finally {
    await remove();
  }
}

const DENIAL = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'server-denies-all' },
  spec: { podSelector: { matchLabels: { app: 'server' } }, policyTypes: ['Ingress'] },
};

function pod(name: string, image: string, script: string) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name } },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 10_001, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name,
          image,
          command: ['node', '-e', script],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  };
}

/** Whether a connection is of this kind within the time. */
async function becomes(kind: 'open' | 'closed', address: string, seconds: number): Promise<boolean> {
  const connect = `
    const socket = require('node:net').connect({ host: '${address}', port: ${PORT}, timeout: 2000 });
    const say = (kind) => { console.log(kind); process.exit(0); };
    socket.once('connect', () => say('open')).once('timeout', () => say('closed')).once('error', () => say('closed'));`;
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const found = (await kubectl(['exec', 'client', '--', 'node', '-e', connect])).trim();
    if (found === kind) return true;
    if (performance.now() > deadline) return false;
    await delay(500);
  }
}

async function apply(objects: readonly object[]): Promise<void> {
  const list = { apiVersion: 'v1', kind: 'List', items: objects };
  await command('kubectl', ['--namespace', TRIAL, 'apply', '--filename=-'], { input: JSON.stringify(list) });
}

async function kubectl(args: readonly string[], inNamespace = true): Promise<string> {
  const place = inNamespace ? ['--namespace', TRIAL] : [];
  return (await command('kubectl', [...place, ...args])).stdout;
}
