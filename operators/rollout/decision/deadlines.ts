/** Deadline for pods to make progress, whatever deadline the Deployment has. */
export const PROGRESS_DEADLINE_SECONDS = 600;
