/** Longest time for which a pod waits for a canary before it reads the stream. The operator relies on this wait. */
export const CANARY_WAIT_MILLISECONDS = 30_000;
