/**
 * What must be so for the time to count towards a deadline. `reads` and `writes`: the API server denies none of them.
 * `moving` and `paused` are about the target Deployment. `free`: nothing holds the rollout,
 * such as a freeze or a pause.
 */
export type Need =
  | 'registry'
  | 'metrics'
  | 'pods'
  | 'target'
  | 'reads'
  | 'writes'
  | 'moving'
  | 'paused'
  | 'free';

/** The needs of each wait that has a deadline. */
export const NEEDS = {
  /** For the verdict of the verification Job. */
  verification: ['registry', 'target', 'reads', 'writes', 'free'],
  /** For pods that load a candidate from the registry. */
  loading: ['registry', 'target', 'reads', 'pods', 'free'],
  /** For pods that load a version that served well. It may decide before all of them have loaded it. */
  rescue: ['target', 'pods', 'free'],
  /** For a verdict of shadow, canary or bake time. */
  measurement: ['registry', 'metrics', 'pods', 'free'],
  /** For the end of a bake time without queries. */
  records: ['registry', 'pods'],
  /** For pods that are replaced. */
  replacement: ['registry', 'target', 'reads', 'pods', 'moving'],
  /** For a person who resumes the Deployment. */
  resumption: ['registry', 'target', 'paused'],
} as const satisfies Record<string, readonly Need[]>;

export type Wait = keyof typeof NEEDS;
export const WAITS = Object.keys(NEEDS) as Wait[];

/** Whether the time that counted for `wait` counts for `other` too. */
export function covers(wait: string, other: Wait): boolean {
  const known: readonly Need[] | undefined = WAITS.includes(wait as Wait) ? NEEDS[wait as Wait] : undefined;
  return wait === other || (known !== undefined && wait !== 'replacement' && isPart(NEEDS[other], known));
}

function isPart(part: readonly Need[], whole: readonly Need[]): boolean {
  return part.every((need) => whole.includes(need));
}
