import { type Authority, authorityOf, authorityText } from './authority.ts';
import { isLocalHost } from './local-host.ts';

export interface HostListOptions {
  /** Setting that holds the list, for messages. */
  readonly setting: string;
  /** Field of the ModelDeployment that holds a URL, for messages. */
  readonly field: string;
  /** The operator may call these servers. */
  readonly allowed: readonly Authority[];
  /** The URL is called as it is, and whoever has it may call it. Otherwise a path is appended. @default false */
  readonly isSecretUrl?: boolean;
}

/**
 * The servers that the operator may call. Whoever writes a ModelDeployment chooses its URLs, but not the servers to
 * which the operator sends a signing secret or credentials.
 */
export class HostList {
  readonly #options: HostListOptions;

  constructor(options: HostListOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#options.allowed.length === 0;
  }

  /**
   * Why the operator may not call `text`, a URL. Undefined if it may. The message shows no more of the URL than its host,
   * because the rest may be a password.
   */
  refusal(text: string): string | undefined {
    const { setting, field, allowed, isSecretUrl = false } = this.#options;
    const url = URL.parse(text);
    // The parser ignores white space, but a space before an appended path makes the URL invalid.
    if (url === null || /\s/.test(text) || !['http:', 'https:'].includes(url.protocol)) {
      return isSecretUrl
        ? `${field} is not a URL; write https://HOST/PATH, as the receiver shows it`
        : `${field} is not the URL of a server; write http://HOST:PORT or https://HOST:PORT, with a port of at most 65535`;
    }
    if (url.username !== '' || url.password !== '' || hasUser(text)) {
      return isSecretUrl
        ? `${field} has a URL with a user or a password, and these are not sent; use a URL that needs none`
        : `${field} contains a user or a password; put them into a Secret, and name the Secret in the credentials of the spec`;
    }
    if (isSecretUrl && text.includes('#')) {
      return `${field} has a URL with #, which is never sent; remove # and the text behind it`;
    }
    if (!isSecretUrl && /[?#]/.test(text)) {
      return `${field} contains ? or #; remove the character and the text behind it`;
    }
    const called = authorityOf(url);
    if (allowed.some(({ host, port }) => host === called.host && (port ?? called.port) === called.port)) {
      if (!isSecretUrl || url.protocol === 'https:' || isLocalHost(called.host)) return undefined;
      return `${field} has a URL that would go to ${authorityText(called)} in clear text; write https:// (http:// is for SERVICE.NAMESPACE.svc and private addresses)`;
    }
    return `the operator may not call ${authorityText(called)}, the host in ${field}; correct the URL, or add the host to the setting ${setting} of the operator`;
  }
}

/** `http://@host` has an empty user, of which the parsed URL has no trace. */
function hasUser(text: string): boolean {
  return /^[^/]*\/\/[^/?#\\]*@/.test(text);
}
