const LINE_CHARACTERS = 100;

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
  return ['```json', formatted(value, ''), '```'];
}

/** Like `JSON.stringify` with an indent, but what fits in a line stays in one line. */
function formatted(value: unknown, indent: string): string {
  const short = oneLine(value);
  if (typeof value !== 'object' || value === null || indent.length + short.length <= LINE_CHARACTERS)
    return short;
  const inner = `${indent}  `;
  const parts = Array.isArray(value)
    ? value.map((item) => formatted(item, inner))
    : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${formatted(item, inner)}`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return `${open}\n${parts.map((part) => inner + part).join(',\n')}\n${indent}${close}`;
}

function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const parts = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${oneLine(item)}`);
  return `{${parts.join(', ')}}`;
}

/** Lines of a page, with the newline that ends a file. */
export function page(...lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

/** A bar would end the cell, and so would a line break. */
function row(cells: readonly string[]): string {
  const escaped = cells.map((cell) => withoutTags(cell).replaceAll('|', '\\|').replaceAll('\n', ' '));
  return `| ${escaped.join(' | ')} |`;
}

/** Outside of code, `<name>` would be taken for HTML and not be shown. */
function withoutTags(cell: string): string {
  return cell.replace(/`[^`]*`|</g, (match) => (match === '<' ? '\\<' : match));
}
