import { RolloutWorld } from '../rollout-world.ts';
import type { SimulatedPod } from './simulated-deployment.ts';

const AGE_MILLISECONDS = 7 * 86_400_000;
const LOOK_SECONDS = 10;

/** A canary of version 2 that no query ends, with a kubelet that does what a test says. */
export class HeldCanary {
  readonly world = new RolloutWorld({
    shadow: undefined,
    canary: { steps: [{ weightPercent: 10, minimumSamples: 50 }], stepDeadlineSeconds: 86_400 },
  });
  #seconds = 0;
  #available = 0;

  /** @param restarts how often each pod restarted in the week before the candidate */
  async begin(pods: number, restarts = 0): Promise<void> {
    const { world } = this;
    const query = world.query.bind(world);
    world.query = async (url, promql) => (this.#holds ? [] : query(url, promql));
    await world.promote('1');
    world.target.scale(pods);
    for (const pod of world.simulatedPods) {
      if (restarts === 0) continue;
      pod.restarts = restarts;
      pod.crashedAt = new Date(world.serverNow() + AGE_MILLISECONDS / 2).toISOString();
    }
    world.clock.advance(AGE_MILLISECONDS);
    world.alias = '2';
    await world.until('the verification', () => world.status.phase === 'Verifying');
  }

  async untilDecides(): Promise<void> {
    await this.world.until('the canary', () => this.world.status.candidate?.weightPercent === 10);
  }

  get isLoaded(): boolean {
    return this.world.status.candidate?.version === '2';
  }

  /** Lets a second pass. The operator looks if the number of available pods changed, and every ten seconds. */
  async second(): Promise<void> {
    const { world } = this;
    world.clock.advance(1000);
    for (const pod of world.simulatedPods) if (world.serverNow() >= pod.readyAt) pod.down = false;
    await this.#lookIfWoken(++this.#seconds % LOOK_SECONDS === 0);
  }

  /** Ends the container of a pod. The container is ready again after a time. */
  async end(pod: SimulatedPod, seconds: number, lostByNode = false): Promise<void> {
    const now = this.world.serverNow();
    Object.assign(pod, {
      restarts: pod.restarts + 1,
      crashedAt: new Date(now).toISOString(),
      readyAt: now + seconds * 1000,
      down: !lostByNode,
      lostByNode,
    });
    await this.#lookIfWoken(false);
  }

  /** Replaces a pod by another that is ready after a time. */
  async replace(index: number, seconds: number): Promise<void> {
    const { world } = this;
    const pod = world.newPod(world.currentPin);
    pod.readyAt = world.serverNow() + seconds * 1000;
    world.simulatedPods[index] = pod;
    await this.#lookIfWoken(false);
  }

  get #holds(): boolean {
    return this.world.status.phase === 'Canary';
  }

  async #lookIfWoken(due: boolean): Promise<void> {
    const available = this.world.target.read('inference')?.status?.availableReplicas ?? 0;
    if (!due && available === this.#available) return;
    this.#available = available;
    await this.world.look();
    await this.world.look();
  }
}
