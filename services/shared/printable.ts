/** `text` of another server or file, fit for a message: on one line, without control characters, and of bounded length. */
export function printable(text: string, maximumCharacters = 200): string {
  const line = text.slice(0, maximumCharacters + 1).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
  return line.length > maximumCharacters ? `${line.slice(0, maximumCharacters - 1)}…` : line;
}
