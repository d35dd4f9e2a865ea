const BACKSLASH = 0x5c;
const QUOTE = 0x22;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

/**
 * Index after the string that opens at `start`, or the length of the text if the string does not close.
 * A caller that goes on from the answer passes each character once, so a whole text costs time in proportion to its length.
 */
export function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return text.length;
}

/** True if there are more than `limit` texts, objects and arrays, at any depth. A key is a text. `text` need not be JSON. */
export function hasMoreParts(text: string, limit: number): boolean {
  let parts = 0;
  for (let index = 0; index < text.length && parts <= limit; index++) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) index = endOfString(text, index) - 1;
    if (code === QUOTE || code === OPEN_BRACE || code === OPEN_BRACKET) parts++;
  }
  return parts > limit;
}
