import { REQUEST_ANNOTATIONS } from '../../../services/shared/agreements/request-annotations.ts';
import { Crash, type RolloutWorld, SPEC } from '../rollout-world.ts';
import type { DeniableCall } from './denials.ts';
import { digestOf } from './flaw.ts';
import type { PrometheusMode } from './simulated-prometheus.ts';
import type { RegistryMode } from './simulated-registry.ts';

/** What can happen at any await of the operator. */
export type Disturbance =
  | { readonly what: 'alias'; readonly version: string | undefined }
  | { readonly what: 'retry'; readonly version: string | undefined }
  | { readonly what: 'abort'; readonly version: string }
  | { readonly what: 'registry'; readonly mode: RegistryMode }
  | { readonly what: 'prometheus'; readonly mode: PrometheusMode }
  | { readonly what: 'denied'; readonly call: DeniableCall; readonly status: 403 | 422 | undefined }
  | { readonly what: 'pin overwritten'; readonly version: string | undefined }
  | { readonly what: 'registry moved'; readonly host: string }
  | { readonly what: 'clock jumps'; readonly machine: 'operator' | 'API server'; readonly seconds: number }
  | {
      readonly what:
        | 'suspended'
        | 'metadata is busy'
        | 'pods are replaced for ever'
        | 'paused'
        | 'scaled to zero'
        | 'pin war'
        | 'frozen'
        | 'held'
        | 'object deleted';
      readonly on: boolean;
    }
  | {
      readonly what:
        | 'crash'
        | 'touched'
        | 'retry removed'
        | 'pod replaced'
        | 'Deployment made anew'
        | 'container renamed'
        | 'container name corrected'
        | 'model made anew';
    };

const REPLICAS = 2;
const CHURN_MILLISECONDS = 25_000;

/** No clock of the world leaves this time. */
const FROZEN = { timeZone: 'Europe/Berlin', freezes: [{ from: '2025-01-01T00:00', to: '2028-01-01T00:00' }] };

/** @param count number of the disturbance, which makes a value of an annotation unique */
export function disturb(world: RolloutWorld, disturbance: Disturbance, count: number): void {
  const { target } = world;
  switch (disturbance.what) {
    case 'alias':
      world.alias = disturbance.version;
      return;
    case 'retry':
      world.annotate(REQUEST_ANNOTATIONS.retry, `${disturbance.version ?? 'again'}-${count}`);
      return;
    case 'abort':
      world.annotate(REQUEST_ANNOTATIONS.abort, `${disturbance.version}-${count}`);
      return;
    case 'frozen':
      world.edit({ windows: disturbance.on ? FROZEN : undefined });
      return;
    case 'held':
      hold(world, disturbance.on);
      return;
    case 'retry removed':
      world.mark({ annotations: {} });
      return;
    case 'registry':
      world.registry.mode = disturbance.mode;
      return;
    case 'prometheus':
      world.prometheus.mode = disturbance.mode;
      return;
    case 'denied':
      if (disturbance.status === undefined) world.denials.allow(disturbance.call);
      else world.denials.deny(disturbance.call, disturbance.status);
      return;
    case 'pin overwritten':
      target.setPin(
        disturbance.version === undefined
          ? undefined
          : { version: disturbance.version, digest: digestOf(disturbance.version) },
        true,
      );
      return;
    case 'registry moved':
      world.edit({ registry: { ...SPEC.registry, url: `http://${disturbance.host}:5000` } });
      return;
    case 'clock jumps':
      if (disturbance.machine === 'operator') world.wallClockErrorMilliseconds += disturbance.seconds * 1000;
      else world.serverClockErrorMilliseconds += disturbance.seconds * 1000;
      return;
    case 'suspended':
      world.edit({ suspend: disturbance.on });
      return;
    case 'metadata is busy':
      world.metadataIsBusy = disturbance.on;
      return;
    case 'pods are replaced for ever':
      target.churnMilliseconds = disturbance.on ? CHURN_MILLISECONDS : undefined;
      return;
    case 'paused':
      target.paused = disturbance.on;
      return;
    case 'pin war':
      target.foreignPin = disturbance.on ? { pin: undefined } : undefined;
      return;
    case 'scaled to zero':
      target.scale(disturbance.on ? 0 : REPLICAS);
      return;
    case 'object deleted':
      if (disturbance.on) world.deleteObject();
      else world.recreateObject();
      return;
    case 'touched':
      world.annotate('touched', String(count));
      return;
    case 'pod replaced':
      if (target.pods.length > 0) target.pods[count % target.pods.length] = world.newPod(target.pinOfNewPod);
      return;
    case 'Deployment made anew':
      target.recreate();
      return;
    case 'container renamed':
      target.rename(target.container === 'server' ? 'inference' : 'server');
      return;
    case 'container name corrected':
      world.edit({ target: { ...SPEC.target, container: target.container } });
      return;
    case 'model made anew':
      world.registry.remake(world.modelDeployment().spec.registry.url);
      return;
    case 'crash':
      throw new Crash();
  }
}

/** Ends every trouble that lasts. The clocks stay wrong. */
export function calm(world: RolloutWorld): void {
  const { target } = world;
  world.registry.mode = 'answers';
  world.prometheus.mode = 'answers';
  world.denials.allowAll();
  world.metadataIsBusy = false;
  target.churnMilliseconds = undefined;
  target.paused = false;
  target.foreignPin = undefined;
  target.scale(REPLICAS);
  world.recreateObject();
  hold(world, false);
  world.edit({
    suspend: false,
    windows: undefined,
    target: { ...SPEC.target, container: target.container },
    // The files of the stable version may be gone for good.
    verification: { ...SPEC.verification, requireStableContract: false },
  });
}

/** Sets or removes the annotation by which a person pauses the rollout. */
function hold(world: RolloutWorld, on: boolean): void {
  const { [REQUEST_ANNOTATIONS.pause]: _, ...others } = world.modelDeployment().metadata.annotations ?? {};
  world.mark({ annotations: on ? { ...others, [REQUEST_ANNOTATIONS.pause]: 'wait' } : others });
}
