import { LeaseConflict } from '../../services/stream/lease/lease-store.ts';
import { confirm, type Desk } from './desk.ts';
import type { LeaseChange } from './group-leases.ts';
import type { PlannedChange } from './position-change.ts';
import { shortShard } from './shard-name.ts';
import { Refusal } from './usage-error.ts';
import { count } from './words.ts';

/**
 * Shows what will change, asks, and makes the changes one by one.
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
    desk,
    isSure,
    changes.length === 1 ? 'Make this change?' : `Make these ${changes.length} changes?`,
  );
  const problems: string[] = [];
  for (const { shardId, change } of changes) {
    const problem = await made(desk, shardId, change);
    if (problem !== undefined) problems.push(problem);
  }
  if (problems.length > 0)
    throw new Refusal(
      `${count(problems.length, 'change')} of ${changes.length} not made: ${problems.join('; ')}. Look again with \`stream list\``,
    );
}

/**
 * Makes one change.
 * @returns why the change was not made
 */
export async function made(desk: Desk, shardId: string, change: LeaseChange): Promise<string | undefined> {
  try {
    const result = await desk.leases.change(change);
    const state =
      result === 'made'
        ? 'changed'
        : 'waits: no process uses the lease file now, the next process makes the change';
    desk.terminal.out(`shard ${shortShard(shardId)}: ${state}`);
    return undefined;
  } catch (error) {
    if (!(error instanceof LeaseConflict)) throw error;
    return error.message;
  }
}
