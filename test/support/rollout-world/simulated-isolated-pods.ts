import type { Deployment } from '../../../operators/rollout/cluster/objects.ts';
import type { Pin } from '../../../operators/rollout/decision/rollout.ts';
import { PIN_VARIABLES } from '../../../services/shared/agreements/environment-variables.ts';
import { ISOLATED_CANARY, ROLLOUT_MANAGER } from '../../../services/shared/agreements/kubernetes-names.ts';

/** The Deployment of the manifests whose pods run a candidate apart from the target. Its pods are not simulated. */
export class SimulatedIsolatedPods {
  /** Every scaling: the version and the number of pods. */
  readonly scales: { readonly version: string | undefined; readonly replicas: number }[] = [];
  #container = 'inference';
  #pin: Pin | undefined;
  #replicas = 0;

  scale(container: string, pin: Pin | undefined, replicas: number): void {
    this.scales.push({ version: pin?.version, replicas });
    this.#container = container;
    this.#pin = pin;
    this.#replicas = replicas;
  }

  read(): Deployment {
    const env = this.#pin && [
      { name: PIN_VARIABLES.version, value: this.#pin.version },
      { name: PIN_VARIABLES.digest, value: this.#pin.digest },
    ];
    const owned = this.scales.length > 0 ? [{ manager: ROLLOUT_MANAGER }] : [];
    return {
      metadata: { name: ISOLATED_CANARY, managedFields: owned },
      spec: {
        replicas: this.#replicas,
        selector: {},
        template: { spec: { containers: [{ name: this.#container, ...(env ? { env } : {}) }] } },
      },
    };
  }
}
