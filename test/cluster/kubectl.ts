import { type CommandOptions, type CommandResult, command } from './command.ts';

export const NAMESPACE = 'loan-eligibility';

/** Runs kubectl in the namespace of the system, in the current context. */
export async function kubectl(args: readonly string[], options: CommandOptions = {}): Promise<string> {
  return (await kubectlResult(args, options)).stdout;
}

export function kubectlResult(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  return command('kubectl', ['--namespace', NAMESPACE, ...args], options);
}

/** The part of an object that the steps read. */
export interface KubeObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  // biome-ignore lint/suspicious/noExplicitAny: the shape differs by kind, and a wrong guess fails the proof
  readonly spec: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly status: any;
}

export async function getObject(kind: string, name: string): Promise<KubeObject> {
  return JSON.parse(await kubectl(['get', kind, name, '--output=json'])) as KubeObject;
}

export async function listObjects(kind: string, ...args: readonly string[]): Promise<readonly KubeObject[]> {
  const list = JSON.parse(await kubectl(['get', kind, '--output=json', ...args])) as { items: KubeObject[] };
  return list.items;
}

export function podsOf(component: string): Promise<readonly KubeObject[]> {
  return listObjects('pods', `--selector=app.kubernetes.io/name=${component}`);
}

/** Whether the pod runs, is ready and does not terminate. */
export function isReady({ metadata, status }: KubeObject): boolean {
  const conditions = (status.conditions ?? []) as { type: string; status: string }[];
  const ready = conditions.some(({ type, status: value }) => type === 'Ready' && value === 'True');
  return ready && metadata.deletionTimestamp === undefined;
}
