import type { Member } from '../../../services/stream/lease/shard-lease.ts';
import { count, shortTime } from '../../command-line/words.ts';
import type { Desk } from '../desk.ts';
import { listDocument } from '../list-document.ts';
import { lookAt } from '../look.ts';
import { shardTable } from '../shard-table.ts';
import type { ShardView } from '../shard-view.ts';
import type { StreamCommand } from '../stream-command.ts';

const NO_MEMBER = 'no member: nobody reads the stream';
const NO_LEASE =
  'no lease: the group has not started yet, or its leases are elsewhere (--group, --namespace, --context)';

export const listCommand: StreamCommand = {
  name: 'list',
  operands: '',
  summary: 'Lists the shards: owner, epoch, position, age, state, share of the keys. Then the members.',
  details: [
    'AGE is the time since DONE THROUGH: all records that arrived before it are decided.',
    'A shard is reading, unowned (nobody reads it), held (its position is lost), ended, or waits for its',
    'parents. It may be open but ended: done by its lease, although the stream still writes to it. Without a',
    'lease the group does not know the shard.',
  ],
  options: [{ name: 'json', help: 'print JSON, with whole sequence numbers' }],
  run: async (input, desk) => {
    const { views, members } = await lookAt(desk);
    if (input.flag('json'))
      return desk.terminal.out(JSON.stringify(listDocument(desk, views, members), null, 2));
    desk.terminal.out(
      [heading(desk, views), '', ...shardTable(views), '', ...memberLines(views, members)].join('\n'),
    );
  },
};

function heading({ streams, kinesis, leases }: Desk, views: readonly ShardView[]): string {
  return `${streams.input} at ${kinesis}, ${count(views.length, 'shard')}\n${leases.place}`;
}

function memberLines(views: readonly ShardView[], members: readonly Member[]): string[] {
  if (members.length === 0)
    return [NO_MEMBER, ...(views.some(({ lease }) => lease !== undefined) ? [] : [NO_LEASE])];
  return members.map(({ name, joinedMilliseconds, draining }) => {
    const owned = views.filter(({ lease, state }) => lease?.owner === name && state === 'reading').length;
    const since = joinedMilliseconds > 0 ? `, member since ${shortTime(joinedMilliseconds)}` : '';
    return `member ${name}: reads ${count(owned, 'shard')}${since}${draining ? ', draining' : ''}`;
  });
}
