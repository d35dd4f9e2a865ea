import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const PROCESS_GROUP = 2;
const USER_TICKS = 11;
const SYSTEM_TICKS = 12;

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** CPU seconds that the processes of a group have used so far (Linux only). Other work on the machine hardly adds to it. */
export function groupCpuSeconds(group: number): number {
  let ticks = 0;
  for (const entry of readdirSync('/proc')) {
    const fields = statFields(entry);
    if (Number(fields[PROCESS_GROUP]) === group) {
      ticks += Number(fields[USER_TICKS]) + Number(fields[SYSTEM_TICKS]);
    }
  }
  return ticks / ticksPerSecond;
}

/**
 * The fields of /proc/<pid>/stat after the command. The fields are counted from the end of the command, because a command
 * may contain blanks. Empty if the entry is not a running process.
 */
function statFields(entry: string): string[] {
  if (!/^\d+$/.test(entry)) return [];
  try {
    const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
