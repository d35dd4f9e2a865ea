import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** How a benchmark starts a process. */
interface PinnedCommand {
  readonly command: string;
  readonly args: readonly string[];
}

/** The core that all processes of a benchmark share. Undefined if the machine has no taskset, for example macOS. */
export const sharedCore = firstCore();

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

/** The first core that this process may use. A container may not be allowed to use core 0. */
function firstCore(): number | undefined {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
    const status = readFileSync('/proc/self/status', 'utf8');
    const [, core] = /^Cpus_allowed_list:\s*(\d+)/m.exec(status) ?? [];
    return core === undefined ? undefined : Number(core);
  } catch {
    return undefined;
  }
}
