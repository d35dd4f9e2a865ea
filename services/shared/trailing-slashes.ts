/** A URL or a path without the slashes at its end. A pattern for them would try each slash of the text as their start. */
export function withoutTrailingSlashes(text: string): string {
  let end = text.length;
  while (text.charAt(end - 1) === '/') end--;
  return text.slice(0, end);
}
