import { duration, shortTime } from '../command-line/words.ts';
import { keySpaceBar, shareOf } from './key-space.ts';
import { shortShard } from './shard-name.ts';
import type { ShardState, ShardView } from './shard-view.ts';
import { shortCheckpoint } from './words.ts';

const BAR_COLUMNS = 72;
const OWNER_CHARACTERS = 28;

const HEAD = ['SHARD', 'STATE', 'OWNER', 'EPOCH', 'POSITION', 'DONE THROUGH (UTC)', 'AGE', 'KEYS'];

/** The table of all shards, at most 120 columns wide, below the bar of the key space. */
export function shardTable(views: readonly ShardView[]): string[] {
  const rows = [HEAD, ...views.map(rowOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const bar = keySpaceBar(views, BAR_COLUMNS);
  return [
    ...(bar.length > 0 ? [...bar, ''] : []),
    ...rows.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    ),
  ];
}

function rowOf({ shardId, state, note, lease, shard, ageMilliseconds }: ShardView): string[] {
  const through = lease?.doneThroughMilliseconds ?? 0;
  const range = shard?.hashRange ?? lease?.hashRange;
  return [
    shortShard(shardId),
    stateWords(state, note),
    lastCharacters(lease?.owner ?? '-', OWNER_CHARACTERS),
    lease === undefined ? '-' : String(lease.epoch),
    lease === undefined ? '-' : shortCheckpoint(lease.checkpoint),
    through > 0 ? shortTime(through) : '-',
    ageMilliseconds === undefined || state === 'ended' ? '-' : duration(ageMilliseconds),
    range === undefined ? '-' : `${(shareOf(range) * 100).toFixed(1)} %`,
  ];
}

function stateWords(state: ShardState, note: string): string {
  if (state === 'waiting') return `waits ${note}`;
  return note === '' || state === 'open but ended' ? state : `${state} (${note})`;
}

/** The end of a pod's name tells pods apart. */
function lastCharacters(text: string, most: number): string {
  return text.length <= most ? text : `…${text.slice(1 - most)}`;
}
