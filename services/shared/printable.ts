/**
 * `text` of another server, file or person, fit for a message: on one line, of whole characters, without control characters,
 * and of bounded length.
 */
export function printable(text: string, maximumCharacters = 200): string {
  const line = text.slice(0, maximumCharacters + 1).replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, ' ');
  if (line.length <= maximumCharacters) return line;
  const cut = line.slice(0, maximumCharacters - 1);
  return `${cut.isWellFormed() ? cut : cut.slice(0, -1)}…`;
}
