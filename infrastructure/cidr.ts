/** A network of IPv4 addresses: `10.0.0.0/16`. */
export interface Cidr {
  /** The first address as a number. */
  readonly first: number;
  readonly last: number;
  readonly prefix: number;
}

/** The network that `text` names, or undefined if its address is not the first of the network. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', length = ''] = text.split('/');
  const prefix = Number(length);
  const size = 2 ** (32 - prefix);
  const first = address.split('.').reduce((number, octet) => number * 256 + Number(octet), 0);
  return first % size === 0 ? { first, last: first + size - 1, prefix } : undefined;
}

export function overlap(left: Cidr, right: Cidr): boolean {
  return left.first <= right.last && right.first <= left.last;
}

/** True if `inner` is a part of `outer` or is equal to `outer`. */
export function within(inner: Cidr, outer: Cidr): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

/** The address at `offset` from the first, for example `10.0.0.10`. */
export function addressAt({ first }: Cidr, offset: number): string {
  const address = first + offset;
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}
