/** What is known of a Job of the rendered manifests, before skaffold applies them. */
export type JobState =
  | { readonly kind: 'absent' }
  /** Somebody deleted it, and it is not gone yet. */
  | { readonly kind: 'leaving' }
  | {
      readonly kind: 'present';
      /** Whether the API server takes the manifest. It refuses another pod template, because that is immutable. */
      readonly accepted: boolean;
      /** Why it has failed for good. Undefined if it has not. */
      readonly failure?: string | undefined;
      /** Names of its pods in which a container runs. */
      readonly runningPods: readonly string[];
    };

export type JobDecision =
  | { readonly action: 'keep' }
  | { readonly action: 'delete'; readonly why: string }
  | { readonly action: 'wait'; readonly why: string };

/**
 * A Job that changed is deleted, so that skaffold creates it again, but no pod that runs is ended for that.
 * A Job that has failed is deleted too: it does nothing any more.
 * A Job whose pods cannot start, for example without their image, is deleted at once: it would never end.
 */
export function decideJob(state: JobState): JobDecision {
  if (state.kind === 'absent') return { action: 'keep' };
  if (state.kind === 'leaving') return { action: 'wait', why: 'it is being deleted' };
  // A Job that has failed starts no pod again, whatever is applied.
  if (state.failure !== undefined) return { action: 'delete', why: `it has failed: ${state.failure}` };
  if (state.accepted) return { action: 'keep' };
  const [pod] = state.runningPods;
  if (pod !== undefined) return { action: 'wait', why: `it has changed, and its pod ${pod} still runs` };
  return { action: 'delete', why: 'its pod template has changed, and none of its pods runs' };
}
