import type { CommandInput } from '../../command-line/command.ts';
import { confirm } from '../../command-line/confirm.ts';
import { Refusal, UsageError } from '../../command-line/usage-error.ts';
import { count } from '../../command-line/words.ts';
import { YES_OPTION } from '../common-options.ts';
import type { Desk } from '../desk.ts';
import { assertDrained, assertKnown, assertTakers, NOBODY, namesOf, successorOf } from '../drain-plan.ts';
import { type Drain, keptText, ownedBy, untakenText } from '../drain-progress.ts';
import { type Look, lookAt, lookToChange, viewOf } from '../look.ts';
import { shortShard } from '../shard-name.ts';
import type { StreamCommand } from '../stream-command.ts';

/** An owner finishes what is in flight, at most for HAND_OFF_SECONDS. A new owner may have to wait for a lease to end. */
const WAIT_MILLISECONDS = 60_000;
const LOOK_MILLISECONDS = 500;
const SAY_MILLISECONDS = 5_000;

export const drainCommand: StreamCommand = {
  name: 'drain',
  operands: '<member|shard>',
  summary: 'Asks a member to give up all its shards, or the owner of one shard to give it up.',
  details: [
    'A drained member takes no shard until it is stopped, or until --undo. The others take its shards.',
    'The owner of a single shard gives it to another member. The balance of the group may move shards later.',
    'The command waits until another member has taken each shard, and fails if nobody does within 60 s.',
    'A lease file has one member, so it cannot be drained: stop its process instead.',
  ],
  options: [
    {
      name: 'to',
      value: 'MEMBER',
      help: `who takes the shard; for a member only ${NOBODY}: its shards stay unread`,
    },
    { name: 'undo', help: 'the member takes shards again' },
    YES_OPTION,
  ],
  run: async (input, desk) => {
    const [operand = ''] = input.operands;
    if (input.flag('undo') && input.text('to') !== undefined)
      throw new UsageError('--undo does not go with --to: the member takes shards again, and gives none');
    const look = await lookToChange(desk);
    await desk.leases.assertCanDrain();
    assertKnown(operand, look);
    if (look.members.some(({ name }) => name === operand)) return drainMember(input, desk, look, operand);
    if (input.flag('undo'))
      throw new Refusal(`--undo needs a member, not shard ${operand}. Members: ${namesOf(look.members)}`);
    await drainShard(input, desk, look, operand);
  },
};

async function drainMember(input: CommandInput, desk: Desk, look: Look, member: string): Promise<void> {
  const { leases, terminal } = desk;
  if (input.flag('undo')) {
    assertDrained(member, look.members);
    terminal.say(`${member} takes shards again`);
    await confirm(terminal, input.flag('yes'), 'Make this change?');
    await leases.drain(member, false);
    return terminal.out(`${member}: not drained any more`);
  }
  assertTakers(member, look.members, input.text('to'));
  const owned = ownedBy(look.views, member);
  const to = input.text('to') === NOBODY ? 'nobody reads them then' : 'the other members take them';
  terminal.say(`${member} gives up ${count(owned.length, 'shard')}, and takes none: ${to}`);
  await confirm(terminal, input.flag('yes'), 'Make this change?');
  await leases.drain(member, true);
  const shardIds = new Set(owned);
  const drain = { member, shardIds };
  await untilGiven(desk, drain, ({ views }) => {
    // The member may have taken another shard before it noticed that it is drained.
    for (const shardId of ownedBy(views, member)) shardIds.add(shardId);
  });
  if (input.text('to') !== NOBODY)
    await untilTaken(desk, drain, `\`stream drain ${member} --undo\` has it read on`);
  terminal.out(`${member}: drained`);
}

async function drainShard(input: CommandInput, desk: Desk, look: Look, operand: string): Promise<void> {
  const { leases, terminal } = desk;
  const view = viewOf(look, operand);
  const { lease, successor } = successorOf(view, look.views, look.members, input.text('to'));
  const shard = `shard ${shortShard(view.shardId)}`;
  terminal.say(`${shard}: ${lease.owner} gives it to ${successor}`);
  await confirm(terminal, input.flag('yes'), 'Make this change?');
  await leases.requestHandOff(lease, successor);
  const drain = { member: lease.owner as string, shardIds: new Set([view.shardId]) };
  await untilGiven(desk, drain);
  await untilTaken(desk, drain, 'the group takes it again once a pod runs');
  terminal.out(`${shard}: read by ${viewOf(await lookAt(desk), view.shardId).lease?.owner ?? NOBODY}`);
}

/** @throws Refusal if the member keeps a shard for too long */
function untilGiven(desk: Desk, drain: Drain, note: (look: Look) => void = () => {}): Promise<void> {
  const leftOf = (look: Look) => {
    note(look);
    return keptText(drain, look.views);
  };
  return untilNone(desk, leftOf, 'it is still asked to');
}

/** @throws Refusal if nobody takes a shard for too long */
function untilTaken(desk: Desk, drain: Drain, remedy: string): Promise<void> {
  return untilNone(desk, ({ views }) => untakenText(drain, views), `start another pod, or ${remedy}`);
}

/**
 * Waits until nothing is left to wait for, and says from time to time what is left.
 * @throws Refusal if something is left after the deadline
 */
async function untilNone(
  desk: Desk,
  leftOf: (look: Look) => string | undefined,
  advice: string,
): Promise<void> {
  const { clock, signal, terminal } = desk;
  const startedAt = clock.monotonic();
  let saidAt = startedAt;
  for (let left = leftOf(await lookAt(desk)); left !== undefined; left = leftOf(await lookAt(desk))) {
    const now = clock.monotonic();
    if (now - startedAt > WAIT_MILLISECONDS)
      throw new Refusal(`${left} within ${WAIT_MILLISECONDS / 1000} s: ${advice}. Look with \`stream list\``);
    if (now - saidAt >= SAY_MILLISECONDS) {
      saidAt = now;
      terminal.say(`  ${left} yet`);
    }
    await clock.sleep(LOOK_MILLISECONDS, signal);
  }
}
