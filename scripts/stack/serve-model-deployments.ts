import { systemClock } from '../../services/shared/clock.ts';
import type { KubernetesClient } from '../../services/shared/kubernetes/kubernetes-client.ts';
import type { KubernetesObject } from '../../services/shared/kubernetes/objects.ts';
import { modelDeploymentCrd } from '../../services/shared/model-deployment/crd.ts';
import { modelDeploymentPath } from '../../services/shared/model-deployment/model-deployment.ts';

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const SERVED_MILLISECONDS = 20_000;

/** Makes the API server know ModelDeployments. A new definition is not served at once, so this waits until it is. */
export async function serveModelDeployments(
  client: KubernetesClient,
  crd: object = modelDeploymentCrd(),
): Promise<void> {
  const { metadata } = crd as KubernetesObject;
  await client.apply(`${CRDS}/${metadata.name}`, crd as KubernetesObject, 'stack');
  const deadline = performance.now() + SERVED_MILLISECONDS;
  for (;;) {
    try {
      await client.list(modelDeploymentPath('default'));
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await systemClock.sleep(20);
    }
  }
}
