import type { Dispatcher } from 'undici';

/** What a request needs so that a server accepts it. */
export interface Authorisation {
  readonly headers: Readonly<Record<string, string>>;
  /** Connections that trust a private CA. Undefined: the CAs of the system. */
  readonly dispatcher?: Dispatcher | undefined;
}
