import { Yaml } from 'cdk8s';
import type { Manifests } from './system.ts';

/**
 * Name of the file. kustomize knows this name as well as `kustomization.yaml`. Without an extension,
 * `kubectl apply --filename k8s/kind` does not read the file: its kind is no object of a cluster.
 */
const KUSTOMIZATION = 'Kustomization';

/** The manifests, and the file that makes their folder a base for `kubectl apply --kustomize` and for overlays. */
export function withKustomization(manifests: Manifests): Manifests {
  const content = Yaml.stringify({
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    // The order of the files. kustomize's own order would put Jobs before what they wait for.
    sortOptions: { order: 'fifo' },
    resources: [...manifests.keys()],
  });
  return new Map([
    ...manifests,
    [KUSTOMIZATION, `# Generated from charts/ by \`make synth\`. Do not edit: write an overlay.\n${content}`],
  ]);
}
