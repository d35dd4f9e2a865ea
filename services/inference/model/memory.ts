import { totalmem } from 'node:os';
import { ModelLoadError } from './model-load-error.ts';

/** Memory of the process. */
export interface Memory {
  /** Limit of the container: of its cgroup, or else all memory of the machine. */
  readonly limitBytes: () => number;
  readonly usedBytes: () => number;
}

export const processMemory: Memory = {
  limitBytes: () => {
    // Node reads memory.max of cgroup v2 or memory.limit_in_bytes of v1. It answers 0 or a huge number if there is no limit.
    const constrained = process.constrainedMemory();
    return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  },
  usedBytes: () => process.memoryUsage.rss(),
};

/**
 * A process that exceeds the limit of its container is killed, and then it is started again and tries again.
 * @param what needs the memory, as the message begins
 * @throws ModelLoadError (ArtifactTooLarge) if less than `neededBytes` are free
 */
export function checkMemory(memory: Memory, what: string, neededBytes: number): void {
  const limitBytes = memory.limitBytes();
  const freeBytes = Math.max(limitBytes - memory.usedBytes(), 0);
  if (neededBytes <= freeBytes) return;
  throw new ModelLoadError(
    'ArtifactTooLarge',
    `${what} needs about ${mebibytes(neededBytes)}, but ${mebibytes(freeBytes)} of the memory limit of ${mebibytes(limitBytes)} are free: raise the limit of the container, or register a smaller model`,
  );
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024 ** 2)} MiB`;
}
