import { z } from 'zod';
import { manifestFiles } from './install.ts';
import { kubectl, NAMESPACE } from './kubectl.ts';
import { waitUntil } from './wait-until.ts';

const volumesSchema = z.object({
  items: z.array(z.object({ spec: z.object({ claimRef: z.object({ namespace: z.string() }).optional() }) })),
});

/** Deletes everything as docs/how-to/remove.md says. @throws Error that names the objects that are left */
export async function removeAll(): Promise<string> {
  await kubectl(['delete', 'namespace', NAMESPACE, '--timeout=180s']);
  await waitUntil('all volumes gone', 90, async () => {
    const { items } = volumesSchema.parse(
      JSON.parse(await kubectl(['get', 'persistentvolumes', '--output=json'])),
    );
    return !items.some(({ spec }) => spec.claimRef?.namespace === NAMESPACE);
  });
  await kubectl(['delete', ...manifestFiles('cluster').flatMap((file) => ['--filename', file])]);
  const kinds =
    'crd,flowschema,validatingadmissionpolicy,validatingadmissionpolicybinding,clusterrole,clusterrolebinding,namespace';
  const selector = '--selector=app.kubernetes.io/part-of=loan-eligibility';
  const left = (await kubectl(['get', kinds, selector, '--output=name'])).trim();
  if (left !== '') throw new Error(`left: ${left.replaceAll('\n', ', ')}`);
  return 'no namespace, volume, definition or role is left';
}
