import { stripVTControlCharacters } from 'node:util';
import { cut, padEnd, pieces, widthOf } from '../../command-line/text-width.ts';

/** Text is never broken into narrower lines. They are cut. */
const NARROWEST = 10;

type Paint = (text: string) => string;

/** How text is emphasised. Without colours the signs alone carry the meaning. */
export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly good: Paint;
  readonly bad: Paint;
  readonly wait: Paint;
  readonly accent: Paint;
}

const asIs: Paint = (text) => text;

export const PLAIN: Style = { bold: asIs, dim: asIs, good: asIs, bad: asIs, wait: asIs, accent: asIs };

/** The colours of the terminal's own palette, which people choose so that they can read them. */
export const COLOURED: Style = {
  bold: paint(1, 22),
  dim: paint(2, 22),
  good: paint(32, 39),
  bad: paint(31, 39),
  wait: paint(33, 39),
  accent: paint(36, 39),
};

function paint(on: number, off: number): Paint {
  return (text) => (text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`);
}

/** Columns as wide as their widest cell. The last one is not padded. */
export function columns(rows: readonly (readonly string[])[], gap = 2): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => widthOf(row[column] ?? ''))),
  );
  const used = widths.map((width, column) => (width > 0 ? column : -1)).filter((column) => column >= 0);
  return rows.map((row) =>
    used
      .map((column) => padEnd(row[column] ?? '', widths[column] ?? 0))
      .join(' '.repeat(gap))
      .trimEnd(),
  );
}

/** Sections with an empty line between them. Empty sections are left out. */
export function joined(sections: readonly (readonly string[])[], width: number): string[] {
  const lines = sections
    .filter((section) => section.length > 0)
    .flatMap((section, index) => (index === 0 ? section : ['', ...section]));
  return fitting(lines, width);
}

/** The lines, none of which is wider than the terminal. A command stays whole, so that it can be copied. */
function fitting(lines: readonly string[], width: number): string[] {
  return lines.map((line) => (/^ *\$ /.test(stripVTControlCharacters(line)) ? line : cut(line, width)));
}

/** The text with the first 8 digits of each digest. `--output json` has all. */
function withShortDigests(text: string): string {
  return text.replaceAll(/\b(sha256:[0-9a-f]{8})[0-9a-f]{56}\b/g, '$1');
}

/** The text on lines of at most `width` columns, broken between words. A word that is longer is broken too. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  const longest = Math.max(NARROWEST, width);
  for (const word of withShortDigests(text).split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= longest)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(...pieces(word, longest));
  }
  return lines;
}
