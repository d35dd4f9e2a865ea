export interface BenchRow {
  /** The rows of a group are compared with the first row of that group. */
  readonly group: string;
  readonly what: string;
  /** NaN if the value could not be measured. `unit` then holds the reason. */
  readonly value: number;
  readonly unit: string;
}

const BAR_WIDTH = 32;

/** A Markdown table. A row has its ratio to the first row of its group, and a bar for its value. */
export function benchTable(rows: readonly BenchRow[]): string {
  const lines = rows.map((row) => {
    const peers = rows.filter(
      (peer) => peer.group === row.group && peer.unit.split(',')[0] === row.unit.split(',')[0],
    );
    const greatest = Math.max(...peers.map((peer) => peer.value));
    const comparable = peers.length > 1 && Number.isFinite(row.value);
    const beside = comparable ? `${ratio(row.value / (peers[0]?.value ?? Number.NaN))} ×` : '';
    const bar = comparable ? '█'.repeat(Math.max(1, Math.round((BAR_WIDTH * row.value) / greatest))) : '';
    return `| ${row.group} | ${row.what} | ${format(row.value)} | ${row.unit} | ${beside} | ${bar} |`;
  });
  return ['| what | who | value | unit | beside | |', '|---|---|--:|---|--:|---|', ...lines].join('\n');
}

function ratio(value: number): string {
  return value >= 0.1 ? value.toFixed(2) : value.toPrecision(2);
}

function format(value: number): string {
  if (Number.isNaN(value)) return 'not measured';
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(1);
}
