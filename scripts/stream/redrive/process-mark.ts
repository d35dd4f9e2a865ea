import { readFile } from 'node:fs/promises';

/** Names a process of this machine for as long as it lives. */
export interface ProcessMark {
  readonly pid: number;
  /** When the process began, in ticks since the start of the machine, because ids are used again. Undefined if unknown. */
  readonly startTicks?: string | undefined;
}

export async function ownMark(): Promise<ProcessMark> {
  return { pid: process.pid, startTicks: await startTicks(process.pid) };
}

export async function isAlive({ pid, startTicks: begun }: ProcessMark): Promise<boolean> {
  if (!isRunning(pid)) return false;
  const found = await startTicks(pid);
  return begun === undefined || found === undefined || begun === found;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Only Linux tells it in a file. Elsewhere the id alone names the process. */
async function startTicks(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name of the program is in brackets, and may hold blanks and brackets itself. Field 22 is the start.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
