/** Title and the sentence with which every generated page begins. */
export function pageHead(title: string, source: string): string[] {
  return [`# ${title}`, '', `This page is generated from ${source} by \`make synth\`. Do not edit it.`];
}

export function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [row(header), `|${'---|'.repeat(header.length)}`, ...rows.map(row)];
}

export function code(text: string): string {
  return `\`${text}\``;
}

export function jsonBlock(value: unknown): string[] {
  return ['```json', JSON.stringify(value, null, 2), '```'];
}

/** Lines of a page, with the newline that ends a file. */
export function page(...lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

/** A bar would end the cell, and so would a line break. */
function row(cells: readonly string[]): string {
  const escaped = cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' '));
  return `| ${escaped.join(' | ')} |`;
}
