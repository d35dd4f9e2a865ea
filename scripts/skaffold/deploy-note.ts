import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { type KubeObject, kubeObjectSchema } from './kube-object.ts';

/** Label that skaffold puts on what it deploys. Its value is the same for all iterations of one command. */
const RUN_LABEL = 'skaffold.dev/run-id';

const workloadSchema = z.object({
  kind: z.enum(['Deployment', 'StatefulSet']),
  namespace: z.string(),
  name: z.string(),
});

/** What the hooks around a deploy must know of the rendered manifests. Only the hook after rendering sees these. */
export const deployNoteSchema = z.object({
  runId: z.string().regex(/^[\w-]{1,64}$/, 'must be 1 to 64 letters, digits, - or _'),
  jobs: z.array(kubeObjectSchema),
  workloads: z.array(workloadSchema),
});

export type DeployNote = z.output<typeof deployNoteSchema>;
export type Workload = z.output<typeof workloadSchema>;

/**
 * @param manifests YAML documents
 * @returns undefined if skaffold put no label on them: then nothing is about to be deployed, as in `skaffold render`
 * @throws Error if a document is no YAML or no object of Kubernetes
 */
export function noteOf(manifests: string): DeployNote | undefined {
  const objects = objectsOf(manifests);
  const runId = objects
    .map(({ metadata }) => metadata.labels?.[RUN_LABEL])
    .find((label) => label !== undefined);
  if (runId === undefined) return undefined;
  const workloads = objects.flatMap(({ kind, metadata: { name, namespace } }) => {
    const workload = workloadSchema.safeParse({ kind, name, namespace });
    return workload.success ? [workload.data] : [];
  });
  const jobs = objects.filter(({ apiVersion, kind }) => apiVersion === 'batch/v1' && kind === 'Job');
  return deployNoteSchema.parse({ runId, jobs, workloads });
}

const passingSchema = z.looseObject({ spec: z.looseObject({ ttlSecondsAfterFinished: z.int() }) });

/** Whether Kubernetes leaves the Job in place after its end. A missing Job was then deleted by somebody. */
export function staysAfterEnd(job: KubeObject): boolean {
  return !passingSchema.safeParse(job).success;
}

function objectsOf(manifests: string): KubeObject[] {
  return parseAllDocuments(manifests).flatMap((document, index) => {
    const [error] = document.errors;
    if (error) throw new Error(`rendered document ${index + 1} is no YAML: ${error.message}`);
    const value: unknown = document.toJS();
    if (value === null) return [];
    const object = kubeObjectSchema.safeParse(value);
    if (object.success) return [object.data];
    throw new Error(
      `rendered document ${index + 1} is no object of Kubernetes: ${z.prettifyError(object.error)}`,
    );
  });
}
