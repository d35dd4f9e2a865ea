import { z } from 'zod';
import { mustRun, type RunProgram } from '../programs/run-program.ts';
import type { JobState } from './job-decision.ts';
import { type KubeObject, kubeObjectSchema, shownName } from './kube-object.ts';
import { isRunning } from './pod-trouble.ts';
import type { JobCluster } from './replace-jobs.ts';

const CALL_SECONDS = 30;
const DELETE_SECONDS = 120;
const listSchema = z.object({ items: z.array(kubeObjectSchema) });

/** The cluster of a kubectl context. skaffold may deploy to another context than the current one. */
export class KubectlCluster implements JobCluster {
  readonly #run: RunProgram;
  readonly #context: string;

  constructor(run: RunProgram, context: string) {
    this.#run = run;
    this.#context = context;
  }

  async stateOf(job: KubeObject): Promise<JobState> {
    const found = await this.#find(job);
    if (found === undefined) return { kind: 'absent' };
    if (found.metadata.deletionTimestamp !== undefined) return { kind: 'leaving' };
    const accepted = await this.#accepts(job);
    const pods = accepted ? [] : await this.#podsOf(job);
    return {
      kind: 'present',
      accepted,
      failure: failureOf(found),
      runningPods: pods.filter(isRunning).map(({ metadata }) => metadata.name),
    };
  }

  async deleteJob(job: KubeObject): Promise<void> {
    const args = ['delete', shownName(job), '--ignore-not-found', `--timeout=${DELETE_SECONDS}s`];
    await this.#must(job.metadata.namespace, args, { timeoutSeconds: DELETE_SECONDS + CALL_SECONDS });
  }

  /** Creates the object unless it exists. @returns whether it was missing */
  async createMissing(object: KubeObject): Promise<boolean> {
    if ((await this.#find(object)) !== undefined) return false;
    const input = JSON.stringify(object);
    await this.#must(object.metadata.namespace, ['apply', '--filename=-'], { input });
    return true;
  }

  async list(namespace: string): Promise<readonly KubeObject[]> {
    return this.#items(namespace, ['get', 'deployments,statefulsets,replicasets,pods']);
  }

  async #find(object: KubeObject): Promise<KubeObject | undefined> {
    const args = ['get', shownName(object), '--ignore-not-found', '--output=json'];
    const text = await this.#must(object.metadata.namespace, args);
    return text.trim() === '' ? undefined : kubeObjectSchema.parse(JSON.parse(text));
  }

  /** Tries what skaffold is about to do. A refusal for another reason is for skaffold to report. */
  async #accepts(object: KubeObject): Promise<boolean> {
    const args = ['apply', '--dry-run=server', '--filename=-'];
    const input = JSON.stringify(object);
    const { code, stderr } = await this.#kubectl(object.metadata.namespace, args, { input });
    return code === 0 || !stderr.includes('field is immutable');
  }

  #podsOf({ metadata: { name, namespace } }: KubeObject): Promise<readonly KubeObject[]> {
    return this.#items(namespace, ['get', 'pods', `--selector=batch.kubernetes.io/job-name=${name}`]);
  }

  async #items(namespace: string, args: readonly string[]): Promise<readonly KubeObject[]> {
    return listSchema.parse(JSON.parse(await this.#must(namespace, [...args, '--output=json']))).items;
  }

  async #must(namespace: string, args: readonly string[], options: KubectlOptions = {}): Promise<string> {
    const result = await mustRun(this.#run, 'kubectl', this.#args(namespace, args), withTime(options));
    return result.stdout;
  }

  #kubectl(namespace: string, args: readonly string[], options: KubectlOptions) {
    return this.#run('kubectl', this.#args(namespace, args), withTime(options));
  }

  #args(namespace: string, args: readonly string[]): string[] {
    return ['--context', this.#context, '--namespace', namespace, ...args];
  }
}

const jobSchema = z.object({
  status: z
    .object({
      conditions: z
        .array(z.object({ type: z.string(), status: z.string(), reason: z.string().optional() }))
        .default([]),
    })
    .default({ conditions: [] }),
});

/** The reason of the condition `Failed`, which the Job controller sets once and for all. */
function failureOf(job: KubeObject): string | undefined {
  const { conditions } = jobSchema.parse(job).status;
  const failed = conditions.find(({ type, status }) => type === 'Failed' && status === 'True');
  return failed && (failed.reason ?? 'no reason given');
}

interface KubectlOptions {
  readonly input?: string;
  readonly timeoutSeconds?: number;
}

function withTime(options: KubectlOptions) {
  return { timeoutSeconds: CALL_SECONDS, ...options };
}
