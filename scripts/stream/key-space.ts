import type { HashRange } from '../../services/stream/client/stream-client.ts';
import { shortShard } from './shard-name.ts';
import type { ShardState, ShardView } from './shard-view.ts';

const KEYS = 2n ** 128n;
const MARKS: Readonly<Record<ShardState, string>> = {
  reading: '█',
  waiting: '▒',
  unowned: '░',
  held: '×',
  ended: ' ',
  'open but ended': '!',
  'no lease': '?',
};

/**
 * The hash key space as a bar: each shard that records go to now, as wide as its share, drawn by its state. Empty for a
 * stream without open shards.
 */
export function keySpaceBar(views: readonly ShardView[], width: number): string[] {
  const open = views
    .filter(({ shard }) => shard !== undefined && !shard.closed)
    .sort((a, b) => (startOf(a) < startOf(b) ? -1 : 1));
  if (open.length === 0) return [];
  // More shards than columns cannot be told apart.
  if (open.length > width / 3) return [];
  const bar = open.map((view) =>
    segment(view, columnOf(endOf(view) + 1n, width) - columnOf(startOf(view), width)),
  );
  const states = new Set(open.map(({ state }) => state));
  const legend = [...states].map((state) => `${MARKS[state]} ${state}`).join('  ');
  return [`keys ▏${bar.join('')} ${legend}`];
}

/** Share of the hash key space, from 0 to 1. */
export function shareOf({ start, end }: HashRange): number {
  return Number(((BigInt(end) - BigInt(start) + 1n) * 1_000_000n) / KEYS) / 1e6;
}

/** The shard's number in the middle of its columns. The last column stays free, so that neighbours can be told apart. */
function segment({ shardId, state }: ShardView, width: number): string {
  if (width < 2) return '▏'.slice(0, width);
  const name = shortShard(shardId);
  const inner = width - 1;
  const label = name.length + 2 <= inner ? ` ${name} ` : '';
  const left = Math.floor((inner - label.length) / 2);
  const mark = MARKS[state];
  return `${mark.repeat(left)}${label}${mark.repeat(inner - label.length - left)}▕`;
}

function columnOf(key: bigint, width: number): number {
  return Number((key * BigInt(width)) / KEYS);
}

function startOf({ shard }: ShardView): bigint {
  return BigInt(shard?.hashRange.start ?? 0);
}

function endOf({ shard }: ShardView): bigint {
  return BigInt(shard?.hashRange.end ?? 0);
}
