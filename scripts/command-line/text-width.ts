import { stripVTControlCharacters } from 'node:util';

/** Characters that take no column of a terminal, because they join the one before. */
const NONE = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
/** Characters that take two columns: those of East Asia, and emoji. The half-width forms of Katakana take one. */
const TWO =
  /^(?![\uff61-\uff9f])[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]$/u;

/** Number of columns that the text takes on a terminal, without its colours. */
export function widthOf(text: string): number {
  const plain = stripVTControlCharacters(text);
  if (/^[\x20-\x7e]*$/.test(plain)) return plain.length;
  let width = 0;
  for (const character of plain) width += columnsOf(character);
  return width;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** The text on at most `width` columns. What is cut ends with `…`, and has no colours. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width < 2) return '…'.slice(0, Math.max(0, width));
  const [first = ''] = pieces(stripVTControlCharacters(text), width - 1);
  return `${first}…`;
}

/** The text in pieces of at most `width` columns. It has no colours. */
export function pieces(text: string, width: number): string[] {
  const found: string[] = [];
  let piece = '';
  let used = 0;
  for (const character of text) {
    const columns = columnsOf(character);
    if (used + columns > width && piece !== '') {
      found.push(piece);
      piece = '';
      used = 0;
    }
    piece += character;
    used += columns;
  }
  return [...found, piece];
}

function columnsOf(character: string): number {
  if (NONE.test(character)) return 0;
  return TWO.test(character) ? 2 : 1;
}
