import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** How a benchmark starts a process. */
interface PinnedCommand {
  readonly command: string;
  readonly args: readonly string[];
}

/** Cores to which processes can be pinned. Empty if the machine has no taskset, for example macOS. */
const cores = pinnableCores();

/** The core that all processes of a benchmark share. Undefined if no process can be pinned. */
export const sharedCore = cores[0];

/** The core of a client that loads a server on `sharedCore`. Undefined if this process may use no other core. */
export const clientCore = cores[1];

/**
 * The command on `sharedCore`, where its server runs too. On separate cores the same code differed by 13 % from itself,
 * because the cost then depends on where the kernel puts the two processes.
 */
export function pinned(command: string, args: readonly string[]): PinnedCommand {
  return commandOn(sharedCore, command, args);
}

/** The command on a core. Without a core the kernel chooses. */
export function commandOn(core: number | undefined, command: string, args: readonly string[]): PinnedCommand {
  if (core === undefined) return { command, args };
  return { command: 'taskset', args: ['--cpu-list', String(core), command, ...args] };
}

function pinnableCores(): readonly number[] {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
    return allowedCores(readFileSync('/proc/self/status', 'utf8'));
  } catch {
    return [];
  }
}

/**
 * The cores that a process may use, in ascending order. A container may lack core 0, and its cores may have gaps.
 * @param status text of `/proc/<pid>/status`
 */
export function allowedCores(status: string): readonly number[] {
  const [, list = ''] = /^Cpus_allowed_list:\s*([\d,-]+)$/m.exec(status) ?? [];
  return list.split(',').flatMap((range) => {
    const [first = Number.NaN, last = first] = range.split('-').map(Number.parseFloat);
    return Array.from({ length: last - first + 1 || 0 }, (_, index) => first + index);
  });
}
