import { type AddressInfo, isIP, isIPv6 } from 'node:net';
import { z } from 'zod';

export const LISTEN_HOST_MEANING =
  'Address to listen on: an IPv4 address, an IPv6 address with or without brackets, or a host name. The images set 0.0.0.0.';

const RULE =
  'must be an IPv4 address, an IPv6 address such as [::1], or a host name, without scheme and port';
const LONGEST_HOST = 253;
const HOST_NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?$/;
/** No host name ends in a number, so `127.0.0.256` is a wrong address. */
const NUMBER_AT_THE_END = /(?:^|\.)\d+$/;

/** An address to listen on. Node takes an IPv6 address without brackets alone. */
export function listenHost() {
  return z.string().transform((text, { addIssue }) => {
    const host = isIPv6(withoutBrackets(text)) ? withoutBrackets(text) : text;
    if (isIP(host) !== 0 || isHostName(host)) return host;
    addIssue({ code: 'invalid_format', format: 'host', message: RULE });
    return z.NEVER;
  });
}

/** `http://127.0.0.1:8080`, with an IPv6 address in brackets. */
export function urlOfAddress({ address, port }: Pick<AddressInfo, 'address' | 'port'>): string {
  return `http://${isIPv6(address) ? `[${address}]` : address}:${port}`;
}

function withoutBrackets(text: string): string {
  return text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
}

function isHostName(text: string): boolean {
  return text.length <= LONGEST_HOST && HOST_NAME.test(text) && !NUMBER_AT_THE_END.test(text);
}
