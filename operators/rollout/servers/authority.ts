/** Host and port of a server, in the one form in which they can be compared. */
export interface Authority {
  /** In lower case. An IP address in its shortest form, IPv6 in brackets. Without a dot at the end. */
  readonly host: string;
  /** Undefined: any port. */
  readonly port: string | undefined;
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** Host and port that a client calls for `url`. */
export function authorityOf({ protocol, hostname, port }: URL): Authority {
  return { host: withoutDot(hostname), port: port || DEFAULT_PORTS[protocol] };
}

/** Reads `host`, `host:port`, `[IPv6]` or `[IPv6]:port`. Undefined if `text` has another form. */
export function parseAuthority(text: string): Authority | undefined {
  const [, host, port] = /^([^[\]:/?#@\\*\s]+|\[[^[\]/?#@\\\s]+\])(?::(\d{1,5}))?$/.exec(text) ?? [];
  const url = host === undefined ? null : URL.parse(`http://${host}`);
  if (url === null || Number(port ?? 1) < 1 || Number(port ?? 1) > 65_535) return undefined;
  return { host: withoutDot(url.hostname), port: port === undefined ? undefined : String(Number(port)) };
}

export function authorityText({ host, port }: Authority): string {
  return port === undefined ? host : `${host}:${port}`;
}

/** `mlflow.` is the host `mlflow`, written so that no search domain is appended. */
function withoutDot(host: string): string {
  return host.endsWith('.') ? host.slice(0, -1) : host;
}
