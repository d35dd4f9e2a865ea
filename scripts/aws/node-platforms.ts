import type { AwsEnvironment } from '../../infrastructure/environment-schema.ts';
import { UsageError } from '../command-line/usage-error.ts';

/**
 * Platforms of the images that the nodes can run. A tag in the registry never changes, so a wrong platform stays.
 * @param given what the user says: linux/amd64, linux/arm64 or both, with a comma between them
 * @throws Error that names the option, if neither the settings nor the user tell
 */
export function nodePlatforms({ cluster }: AwsEnvironment, given: string | undefined): string {
  if (given !== undefined) {
    if (/^linux\/(amd64|arm64)(,linux\/(amd64|arm64))?$/.test(given)) return given;
    throw new UsageError(`--platform ${given}: must be linux/amd64, linux/arm64, or both with a comma`);
  }
  if (cluster.kind === 'new' && cluster.nodes.kind === 'managed')
    return platformOf(cluster.nodes.instanceType);
  const [setting, value] =
    cluster.kind === 'existing' ? ['cluster.kind', cluster.kind] : ['cluster.nodes.kind', cluster.nodes.kind];
  throw new Error(
    `${setting} = ${value} does not tell the architecture of the nodes, and a pushed image never changes. ` +
      'Give --platform linux/amd64, linux/arm64, or both with a comma between them. EKS Auto Mode starts with amd64. ' +
      "`kubectl get nodes --output jsonpath='{.items[*].status.nodeInfo.architecture}'` tells those of a running cluster",
  );
}

/** The letters after the generation have a `g` if the processor is a Graviton: m7g, c8gn, t4g. So has gb200. */
function platformOf(instanceType: string): string {
  const [family = ''] = instanceType.split('.');
  const generation = /^[a-z]+\d+/.exec(family)?.[0] ?? family;
  const [letters = '', accelerator = ''] = family.slice(generation.length).split('-');
  const isArm = family === 'a1' || letters.includes('g') || accelerator.startsWith('gb');
  return isArm ? 'linux/arm64' : 'linux/amd64';
}
