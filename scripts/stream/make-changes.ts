import { LeaseConflict } from '../../services/stream/lease/lease-store.ts';
import { confirm } from '../command-line/confirm.ts';
import { Refusal } from '../command-line/usage-error.ts';
import { count } from '../command-line/words.ts';
import type { Desk } from './desk.ts';
import type { ChangeResult, LeaseChange } from './group-leases.ts';
import type { PlannedChange } from './position-change.ts';
import { shortShard } from './shard-name.ts';

const STATES: Readonly<Record<ChangeResult, string>> = {
  made: 'changed',
  waiting: 'waits: no process uses the lease file now, the next process makes the change',
  unanswered:
    'waits: the process that uses the lease file does not answer, it makes the change later. Look again with `stream list`',
};

/** Changes that are asked for at once. A process that uses a lease file keeps its last 200 answers, so none is lost. */
const AT_ONCE = 100;

/**
 * Shows what will change, asks, and makes the changes, many at once.
 * @throws Refusal if the person does not want it, or if a lease is no longer what the person saw
 */
export async function makeChanges(
  desk: Desk,
  changes: readonly PlannedChange[],
  isSure: boolean,
): Promise<void> {
  const { terminal } = desk;
  for (const { what, effects } of changes) {
    terminal.say(what);
    for (const effect of effects) terminal.say(`  ${effect}`);
  }
  await confirm(
    terminal,
    isSure,
    changes.length === 1 ? 'Make this change?' : `Make these ${changes.length} changes?`,
  );
  const problems: string[] = [];
  for (let done = 0; done < changes.length; done += AT_ONCE) {
    if (done > 0) terminal.say(`${done} of ${changes.length}`);
    problems.push(...(await madeTogether(desk, changes.slice(done, done + AT_ONCE))));
  }
  if (problems.length > 0)
    throw new Refusal(
      `${count(problems.length, 'change')} of ${changes.length} not made: ${problems.join('; ')}. Look again with \`stream list\``,
    );
}

/**
 * Waits for all, also if one fails, so that a person sees what was made.
 * @returns why changes were not made
 */
async function madeTogether(desk: Desk, changes: readonly PlannedChange[]): Promise<string[]> {
  const results = await Promise.allSettled(changes.map(({ shardId, change }) => made(desk, shardId, change)));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return results.flatMap((result) => (result.status === 'fulfilled' ? (result.value ?? []) : []));
}

/**
 * Makes one change.
 * @returns why the change was not made
 */
export async function made(desk: Desk, shardId: string, change: LeaseChange): Promise<string | undefined> {
  try {
    const result = await desk.leases.change(change);
    desk.terminal.out(`shard ${shortShard(shardId)}: ${STATES[result]}`);
    return undefined;
  } catch (error) {
    if (!(error instanceof LeaseConflict)) throw error;
    return error.message;
  }
}
