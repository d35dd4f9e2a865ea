/**
 * The message about an error that a source should never throw, for example the TypeError of a wrong URL. The message has
 * no URL, because it goes into the status and the Events.
 */
export function unexpectedMessage(source: string, error: unknown): string {
  const detail = error instanceof Error ? `${error.name}: ${error.message}` : 'an unknown error';
  return `${source} cannot be asked: ${withoutUrls(detail)}; correct the URL in the spec`;
}

/** A URL may hold a password. */
function withoutUrls(text: string): string {
  const words = text.split(/(\s)/).map((word) => (word.includes('://') ? '<url>' : word));
  return words.join('');
}
