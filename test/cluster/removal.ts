import { command } from './command.ts';
import { manifestFiles } from './install.ts';
import { kubectl, NAMESPACE } from './kubectl.ts';

/** Deletes the namespace and then what belongs to the cluster; nothing of either is left. */
export async function removeAll(): Promise<string> {
  await kubectl(['delete', 'namespace', NAMESPACE, '--timeout=180s']);
  const volumes = JSON.parse(
    (await command('kubectl', ['get', 'persistentvolumes', '--output=json'])).stdout,
  ) as {
    items: {
      metadata: { name: string };
      spec: { claimRef?: { namespace: string } };
      status: { phase: string };
    }[];
  };
  const left = volumes.items.filter(
    ({ spec, status }) => spec.claimRef?.namespace === NAMESPACE && status.phase === 'Bound',
  );
  if (left.length > 0)
    throw new Error(`volumes left: ${left.map(({ metadata }) => metadata.name).join(', ')}`);
  await kubectl(['delete', ...manifestFiles('cluster').flatMap((file) => ['--filename', file])]);
  const kinds = 'crd,flowschema,clusterrole,clusterrolebinding,namespace';
  const labelled = await kubectl([
    'get',
    kinds,
    '--selector=app.kubernetes.io/part-of=loan-eligibility',
    '--output=name',
  ]);
  if (labelled.trim() !== '') throw new Error(`left: ${labelled.trim().split('\n').join(', ')}`);
  return 'namespace, volumes and definitions are gone';
}
