import type { Pin } from '../decision/rollout.ts';
import type { Pod } from './objects.ts';
import { podPin } from './target.ts';

/** The pins with which ready pods decide. */
export function servingPins(pods: readonly Pod[], container: string): readonly Pin[] {
  return pods.filter(isReady).flatMap((pod) => podPin(pod, container) ?? []);
}

function isReady({ metadata, status }: Pod): boolean {
  const ready = status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
  return metadata.deletionTimestamp === undefined && ready === true;
}
