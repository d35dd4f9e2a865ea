import type { Command, CommandInput } from '../command.ts';
import { YES_OPTION } from '../common-options.ts';
import { confirm, type Desk } from '../desk.ts';
import { assertDrained, assertKnown, assertTakers, NOBODY, namesOf, successorOf } from '../drain-plan.ts';
import { type Look, lookAt, lookToChange, viewOf } from '../look.ts';
import { shortShard } from '../shard-name.ts';
import { Refusal, UsageError } from '../usage-error.ts';
import { count } from '../words.ts';

/** An owner finishes what is in flight, at most for HAND_OFF_SECONDS. */
const WAIT_MILLISECONDS = 60_000;
const LOOK_MILLISECONDS = 500;

export const drainCommand: Command = {
  name: 'drain',
  operands: '<member|shard>',
  summary: 'Asks a member to give up all its shards, or the owner of one shard to give it up.',
  details: [
    'A drained member takes no shard until it is stopped, or until --undo. The others take its shards.',
    'The owner of a single shard gives it to another member. The balance of the group may move shards later.',
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
    await confirm(desk, input.flag('yes'), 'Make this change?');
    await leases.drain(member, false);
    return terminal.out(`${member}: not drained any more`);
  }
  assertTakers(member, look.members, input.text('to'));
  const owned = ownedBy(look, member).length;
  const to = input.text('to') === NOBODY ? 'nobody reads them then' : 'the other members take them';
  terminal.say(`${member} gives up ${count(owned, 'shard')}, and takes none: ${to}`);
  await confirm(desk, input.flag('yes'), 'Make this change?');
  await leases.drain(member, true);
  await untilTrue(desk, `${member} has not given up its shards`, (now) => ownedBy(now, member).length === 0);
  terminal.out(`${member}: drained`);
}

async function drainShard(input: CommandInput, desk: Desk, look: Look, operand: string): Promise<void> {
  const { leases, terminal } = desk;
  const view = viewOf(look, operand);
  const { lease, successor } = successorOf(view, look.views, look.members, input.text('to'));
  const shard = `shard ${shortShard(view.shardId)}`;
  terminal.say(`${shard}: ${lease.owner} gives it to ${successor}`);
  await confirm(desk, input.flag('yes'), 'Make this change?');
  await leases.requestHandOff(lease, successor);
  await untilTrue(
    desk,
    `${lease.owner} has not given up ${shard}`,
    (now) => viewOf(now, view.shardId).lease?.owner !== lease.owner,
  );
  terminal.out(`${shard}: read by ${viewOf(await lookAt(desk), view.shardId).lease?.owner ?? NOBODY}`);
}

/** @throws Refusal if it does not come true in time */
async function untilTrue(desk: Desk, problem: string, isTrue: (look: Look) => boolean): Promise<void> {
  const { clock, signal } = desk;
  const deadline = clock.monotonic() + WAIT_MILLISECONDS;
  while (!isTrue(await lookAt(desk))) {
    if (clock.monotonic() > deadline)
      throw new Refusal(
        `${problem} within ${WAIT_MILLISECONDS / 1000} s; it is still asked to. Look with \`stream list\``,
      );
    await clock.sleep(LOOK_MILLISECONDS, signal);
  }
}

function ownedBy({ views }: Look, member: string): Look['views'] {
  return views.filter(({ lease }) => lease?.owner === member && lease.checkpoint.kind !== 'shard_end');
}
