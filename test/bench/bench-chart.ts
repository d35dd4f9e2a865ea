import type { BenchRow } from './bench-table.ts';

const WIDTH = 960;
const LABEL_WIDTH = 480;
const VALUE_WIDTH = 70;
const BAR_WIDTH = WIDTH - LABEL_WIDTH - VALUE_WIDTH - 10;
const ROW_HEIGHT = 18;
const BAR_HEIGHT = 12;
const TITLE_HEIGHT = 30;
/** Bars whose values differ by more than this factor get a logarithmic axis. */
const LINEAR_SPAN = 50;

const STYLE = [
  'text{font:12px sans-serif;fill:#222}',
  '.t{font-weight:bold}',
  '.c{font-size:11px;fill:#555}',
  '.l{text-anchor:end}',
  'rect{fill:#9db4c8}',
  '.o{fill:#1f5f8b}',
  '.p{fill:#d8dee4}',
  '.b{fill:#fff}',
].join('');

interface Bar {
  readonly label: string;
  readonly value: number;
  readonly style: '' | 'o' | 'p';
}

/**
 * Draws the groups with two or more bars of one unit, as an SVG text. The first row of a group, to which the others are
 * compared, has the darker bar. The value before, if there is one, is the lighter bar below its row.
 * @param caption date and machine of the run
 */
export function benchChart(rows: readonly BenchRow[], caption: string): string {
  const groups = [...Map.groupBy(rows.filter(isMeasured), titleOf)]
    .map(([title, members]) => ({ title, bars: members.flatMap(barsOf) }))
    .filter(({ bars }) => bars.length > 1);
  const parts: string[] = [];
  let y = 8;
  for (const { title, bars } of groups) {
    const values = bars.map(({ value }) => value);
    parts.push(text(8, y + 18, 't', isLinear(values) ? title : `${title} (logarithmic)`));
    y += TITLE_HEIGHT;
    const widthOf = barWidths(values);
    for (const { label, value, style } of bars) {
      const width = widthOf(value);
      parts.push(text(LABEL_WIDTH - 8, y + 10, 'l', label));
      parts.push(
        `<rect${style === '' ? '' : ` class="${style}"`} x="${LABEL_WIDTH}" y="${y}" width="${width}" height="${BAR_HEIGHT}"/>`,
      );
      parts.push(text(LABEL_WIDTH + width + 6, y + 10, '', valueText(value)));
      y += ROW_HEIGHT;
    }
  }
  parts.push(text(8, y + 22, 'c', caption));
  const height = y + 34;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}">`,
    `<style>${STYLE}</style>`,
    `<rect class="b" width="${WIDTH}" height="${height}"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

function barsOf({ what, value, before }: BenchRow, index: number): Bar[] {
  const own: Bar = { label: what, value, style: index === 0 ? 'o' : '' };
  if (before === undefined || !(before > 0)) return [own];
  const times = (value / before).toFixed(2);
  return [
    { ...own, label: `${what}: ${times} × before` },
    { label: 'before', value: before, style: 'p' },
  ];
}

function isMeasured({ value }: BenchRow): boolean {
  return Number.isFinite(value) && value > 0;
}

function titleOf({ group, unit }: BenchRow): string {
  return `${group}: ${unit.split(',')[0]}`;
}

function isLinear(values: readonly number[]): boolean {
  return Math.max(...values) <= LINEAR_SPAN * Math.min(...values);
}

/** Bar width in pixels by value. */
function barWidths(values: readonly number[]): (value: number) => number {
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  if (isLinear(values)) return (value) => Math.round((BAR_WIDTH * value) / highest);
  // The axis begins a decade below the lowest value, so that every bar is visible.
  const start = Math.log10(lowest) - 1;
  const span = Math.log10(highest) - start;
  return (value) => Math.round((BAR_WIDTH * (Math.log10(value) - start)) / span);
}

function valueText(value: number): string {
  return value >= 10 ? Math.round(value).toLocaleString('en') : value.toPrecision(2);
}

function text(x: number, y: number, style: string, content: string): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<text${style === '' ? '' : ` class="${style}"`} x="${x}" y="${y}">${escaped}</text>`;
}
