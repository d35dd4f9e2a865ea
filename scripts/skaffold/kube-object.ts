import { z } from 'zod';

/** An object of Kubernetes, as far as the hooks read every kind of object. */
export const kubeObjectSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().default('default'),
    generation: z.int().optional(),
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
    deletionTimestamp: z.string().optional(),
    ownerReferences: z.array(z.looseObject({ name: z.string(), kind: z.string() })).optional(),
  }),
});

export type KubeObject = z.output<typeof kubeObjectSchema>;

/** Kind and name, as kubectl writes them: `job/first-model`. */
export function shownName({ kind, metadata }: Pick<KubeObject, 'kind' | 'metadata'>): string {
  return `${kind.toLowerCase()}/${metadata.name}`;
}
