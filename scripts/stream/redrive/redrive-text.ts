import { count, duration, shortTime } from '../../command-line/words.ts';
import type { PlannedGroup, RedrivePlan, Skipped } from './redrive-plan.ts';

const SKIPPED_WORDS: Readonly<Record<Skipped, string>> = {
  filtered: 'not chosen by the filter',
  unreadable: 'not a dead letter',
  'other stream': 'of another input stream',
  truncated: 'truncated, and no object has the whole payload',
  'redriven before': 'redriven before, by the ledger',
  repeat: 'repeats of a dead letter',
  'over the limit': 'over the limit',
};

export interface Pace {
  /** Records a second. */
  readonly rate: number;
  /** How long it took to read the dead letters. The redrive reads them again. */
  readonly readMilliseconds: number;
}

/** What a person must know before a redrive. No payload and no partition key. */
export function redriveText(
  plan: RedrivePlan,
  streams: { readonly input: string; readonly rejects: string },
  { rate, readMilliseconds }: Pace,
): string[] {
  const { size } = plan.chosen;
  const skipped = [...plan.skipped].map(
    ([reason, number]) => `  skipped: ${number} ${SKIPPED_WORDS[reason]}`,
  );
  const head = `${count(plan.read, 'record')} of ${streams.rejects} read, ${count(size, 'dead letter')} to redrive`;
  if (size === 0) return [head, ...skipped, ...plan.unseen, 'nothing to redrive'];
  return [
    head,
    ...table(plan.groups),
    ...skipped,
    ...plan.unseen,
    `to ${streams.input}: ${kilobytes(plan.bytes)}, at most ${rate} a second, about ${timeOf(size, { rate, readMilliseconds })}`,
  ];
}

function timeOf(records: number, { rate, readMilliseconds }: Pace): string {
  const milliseconds = Math.max((records / rate) * 1000, readMilliseconds);
  return duration(Math.ceil(milliseconds / 1000) * 1000);
}

function table(groups: readonly PlannedGroup[]): string[] {
  const rows = [
    ['CODE', 'FIELD', 'COUNT', 'OLDEST (UTC)', 'NEWEST (UTC)'],
    ...groups.map(({ code, field, count: number, oldest, newest }) => [
      code,
      field || '-',
      String(number),
      shortTime(Date.parse(oldest)),
      shortTime(Date.parse(newest)),
    ]),
  ];
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(width(column))).join('  ')}`.trimEnd());
}

function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1000).toLocaleString('en-US')} kB`;
}
