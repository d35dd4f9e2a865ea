/** Any URL, because it may hold a password. */
const URLS = /\S+:\/\/\S+/g;

/**
 * The message about an error that a source should never throw, for example the TypeError of a wrong URL. The message has
 * no URL, because it goes into the status and the Events.
 */
export function unexpectedMessage(source: string, error: unknown): string {
  const detail = error instanceof Error ? `${error.name}: ${error.message}` : 'an unknown error';
  return `${source} cannot be asked: ${detail.replaceAll(URLS, '<url>')}; correct the URL in the spec`;
}
