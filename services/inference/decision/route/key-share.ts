import { fnv1a } from '../../../shared/fnv1a.ts';

/**
 * A key's fixed place in [0, 100): FNV-1a with MurmurHash3's finaliser. Kinesis places a key in a shard by MD5.
 * Because this hash is another one, every shard sees the same share.
 */
export function keyShare(key: string): number {
  let hash = fnv1a(key);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32) * 100;
}
