import { BlockList, isIP } from 'node:net';

/** Addresses that no route of the Internet leads to. */
const PRIVATE = new BlockList();
for (const [net, prefix] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['127.0.0.0', 8],
] as const)
  PRIVATE.addSubnet(net, prefix);
PRIVATE.addSubnet('fc00::', 7, 'ipv6');
PRIVATE.addAddress('::1', 'ipv6');

/** Names of Services. A name without a dot is one of the same namespace. */
const SERVICE = /^(?:[^.]+|.+\.svc(?:\.cluster\.local)?)$/;

/** Whether a call stays in the cluster or in a private network. @param host as in an Authority */
export function isLocalHost(host: string): boolean {
  const address = host.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(address);
  if (family === 0) return SERVICE.test(host);
  return PRIVATE.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
