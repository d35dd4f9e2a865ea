import { tryCommand } from './command.ts';
import { type KubeObject, kubectl, listObjects, NAMESPACE } from './kubectl.ts';

type Resources = Readonly<Record<string, string>>;

interface Container {
  readonly name: string;
  readonly image: string;
  readonly env?: readonly {
    readonly name: string;
    readonly valueFrom?: { readonly secretKeyRef?: object };
  }[];
  readonly resources: { readonly limits?: Resources; readonly requests?: Resources };
  readonly securityContext?: {
    readonly readOnlyRootFilesystem?: boolean;
    readonly allowPrivilegeEscalation?: boolean;
    readonly capabilities?: { readonly drop?: readonly string[] };
  };
}

function weaknesses(pod: KubeObject): string[] {
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])] as Container[];
  const found = containers.flatMap(({ name, env = [], resources, securityContext: context }) => [
    ...(context?.readOnlyRootFilesystem ? [] : [`${name} may write to its root`]),
    ...(context?.allowPrivilegeEscalation === false ? [] : [`${name} may gain privileges`]),
    ...(context?.capabilities?.drop?.includes('ALL') ? [] : [`${name} has capabilities`]),
    ...(resources.limits && resources.requests ? [] : [`${name} has no limits or requests`]),
    ...(resources.limits?.['ephemeral-storage'] ? [] : [`${name} may fill the disk of its node`]),
    ...env.flatMap(({ name: variable, valueFrom }) =>
      valueFrom?.secretKeyRef ? [`${name} gets a Secret in the variable ${variable}`] : [],
    ),
  ]);
  const { runAsNonRoot, seccompProfile } = pod.spec.securityContext ?? {};
  if (runAsNonRoot !== true) found.push('may run as root');
  if (seccompProfile?.type !== 'RuntimeDefault') found.push('has no seccomp profile');
  return found.map((weakness) => `${pod.metadata.name}: ${weakness}`);
}

/** No pod of the namespace may run as root or write outside of its volumes. Pods with a shell try to write. */
export async function podsRestricted(): Promise<string> {
  const pods = await listObjects('pods');
  const found = pods.flatMap(weaknesses);
  let tried = 0;
  for (const { metadata, status } of pods) {
    if (status.phase !== 'Running') continue;
    const inside = ['--namespace', NAMESPACE, 'exec', metadata.name, '--', 'sh', '-c'];
    const user = await tryCommand('kubectl', [...inside, 'id -u']);
    if (user.code !== 0) continue;
    tried++;
    if (user.stdout.trim() === '0') found.push(`${metadata.name}: runs as root`);
    const written = await tryCommand('kubectl', [...inside, 'touch /written /etc/written /app/written']);
    if (written.code === 0) found.push(`${metadata.name}: wrote to its root`);
  }
  if (found.length > 0) throw new Error(found.join('\n  '));
  return `${pods.length} pods, ${tried} of them tried from inside`;
}

/** The network policies permit only known flows, so an unknown pod reaches no other pod. */
export async function strangersRefused(image: string): Promise<string> {
  const name = 'stranger';
  const ports = {
    mlflow: 5000,
    kinesis: 4567,
    postgres: 5432,
    prometheus: 9090,
    inference: 8080,
    rollout: 8080,
  };
  const script = `
    const net = require('node:net');
    const open = [];
    let left = ${Object.keys(ports).length};
    const done = () => { if (--left === 0) { console.log('open: ' + open.join(',')); process.exit(0); } };
    for (const [host, port] of Object.entries(${JSON.stringify(ports)})) {
      const socket = net.connect({ host, port, timeout: 3000 });
      socket.once('connect', () => { open.push(host); socket.destroy(); done(); });
      socket.once('timeout', () => { socket.destroy(); done(); });
      socket.once('error', done);
    }`;
  const overrides = {
    spec: {
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
  try {
    await kubectl([
      'run',
      name,
      `--image=${image}`,
      '--restart=Never',
      `--overrides=${JSON.stringify(overrides)}`,
    ]);
    await kubectl(['wait', '--for=jsonpath={.status.phase}=Succeeded', '--timeout=60s', `pod/${name}`]);
    const said = (await kubectl(['logs', name])).trim();
    if (said !== 'open:') throw new Error(`an unknown pod reaches other pods: ${said}`);
    return `${Object.keys(ports).length} services tried`;
  } finally {
    await kubectl(['delete', 'pod', name, '--ignore-not-found', '--now']);
  }
}
