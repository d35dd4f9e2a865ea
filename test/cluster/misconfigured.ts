import { getObject, isReady, kubectl } from './kubectl.ts';
import { waitUntil } from './wait-until.ts';

export interface Misconfiguration {
  /** Name of the pod with the wrong setting. */
  readonly name: string;
  /** Component whose pod is copied. */
  readonly deployment: string;
  /** Environment variables that replace those of the containers. */
  readonly environment: Readonly<Record<string, string>>;
  /** Container whose log must name the wrong setting. */
  readonly container: string;
  /** Text that a line of the log must contain. */
  readonly says: RegExp;
  /** Text that `/readyz` must contain, if the pod serves HTTP. */
  readonly readiness?: RegExp;
}

export const MISCONFIGURATIONS: readonly Misconfiguration[] = [
  {
    name: 'wrong-stream',
    deployment: 'inference',
    environment: { INPUT_STREAM: 'no-such-stream' },
    container: 'inference',
    says: /no-such-stream/,
    readiness: /no-such-stream/,
  },
  {
    name: 'wrong-registry',
    deployment: 'inference',
    environment: { MLFLOW_TRACKING_URI: 'http://no-such-mlflow:5000' },
    container: 'inference',
    says: /http:\/\/no-such-mlflow:5000/,
    readiness: /http:\/\/no-such-mlflow:5000/,
  },
  {
    name: 'wrong-password',
    deployment: 'mlflow',
    environment: { DATABASE_PASSWORD_FILE: '/etc/hostname' },
    container: 'migrate',
    says: /password authentication failed for user "mlflow"/,
  },
];

/** A pod with a wrong setting says so in one line, and is not ready. */
export async function saysWhatIsWrong(misconfiguration: Misconfiguration): Promise<string> {
  const { name, container, says, readiness } = misconfiguration;
  await kubectl(['create', '--filename=-'], {
    input: JSON.stringify(await misconfiguredPod(misconfiguration)),
  });
  try {
    const line = await waitUntil(`${says} in the log of ${name}`, 120, async () => {
      const log = await kubectl(['logs', name, `--container=${container}`]);
      return log.split('\n').find((text) => says.test(text));
    });
    if (readiness) await waitUntil(`${readiness} on /readyz of ${name}`, 60, () => tells(name, readiness));
    if (isReady(await getObject('pod', name))) throw new Error(`${name} is ready`);
    return line.slice(0, 200);
  } finally {
    await kubectl(['delete', 'pod', name, '--grace-period=0', '--force']);
  }
}

async function misconfiguredPod({ name, deployment, environment }: Misconfiguration): Promise<object> {
  const { spec } = await getObject('deployment', deployment);
  const { metadata, spec: podSpec } = structuredClone(spec.template);
  for (const container of [...podSpec.containers, ...(podSpec.initContainers ?? [])]) {
    container.env = container.env?.map((variable: { name: string }) =>
      variable.name in environment ? { name: variable.name, value: environment[variable.name] } : variable,
    );
  }
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: metadata.labels }, spec: podSpec };
}

/** Asks from inside the pod, because no Service leads to a pod that is not ready. */
async function tells(pod: string, readiness: RegExp): Promise<boolean> {
  const ask = `fetch('http://127.0.0.1:8080/readyz').then(async (it) => console.log(it.status, await it.text()))`;
  const said = await kubectl(['exec', pod, '--', 'node', '--eval', ask]);
  return said.startsWith('503') && readiness.test(said);
}
