export interface BenchRow {
  /** The rows of a group are compared with the first row of that group. */
  readonly group: string;
  readonly what: string;
  /** NaN if the value could not be measured. `unit` then holds the reason. */
  readonly value: number;
  readonly unit: string;
  /** Value of the revision that the run compares with. Undefined if it was not measured. */
  readonly before?: number;
}

/** What names a row of the table. */
export type RowName = Pick<BenchRow, 'group' | 'what'>;

const BAR_WIDTH = 32;

/**
 * A Markdown table. A row has its ratio to the first row of its group, and a bar for its value. If a row has a value
 * before, all rows get columns for that value and for the ratio to it.
 */
export function benchTable(rows: readonly BenchRow[]): string {
  const compares = rows.some(({ before }) => before !== undefined);
  const lines = rows.map((row) => {
    const peers = rows.filter(
      (peer) => peer.group === row.group && peer.unit.split(',')[0] === row.unit.split(',')[0],
    );
    const greatest = Math.max(...peers.map((peer) => peer.value));
    const comparable = peers.length > 1 && Number.isFinite(row.value);
    const beside = comparable ? times(row.value / (peers[0]?.value ?? Number.NaN)) : '';
    const bar = comparable ? '█'.repeat(Math.max(1, Math.round((BAR_WIDTH * row.value) / greatest))) : '';
    const comparison = compares ? beforeCells(row) : [];
    return line([row.group, row.what, format(row.value), row.unit, ...comparison, beside, bar]);
  });
  const [names, rules] = compares
    ? [
        ['before', 'ratio to before'],
        ['--:', '--:'],
      ]
    : [[], []];
  return [
    line(['what', 'who', 'value', 'unit', ...names, 'beside', '']),
    `|${['---', '---', '--:', '---', ...rules, '--:', '---'].join('|')}|`,
    ...lines,
  ].join('\n');
}

function beforeCells({ value, before }: BenchRow): string[] {
  return before === undefined ? ['', ''] : [format(before), times(value / before)];
}

function line(cells: readonly string[]): string {
  return `|${cells.map((cell) => ` ${cell} `).join('|')}|`.replace(/ {2}\|$/, ' |');
}

function times(value: number): string {
  return `${ratio(value)} ×`;
}

function ratio(value: number): string {
  return value >= 0.1 ? value.toFixed(2) : value.toPrecision(2);
}

function format(value: number): string {
  if (Number.isNaN(value)) return 'not measured';
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(1);
}
