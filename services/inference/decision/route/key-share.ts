import { fnv1a } from '../../../shared/fnv1a.ts';

/**
 * Fixed position of a key in [0, 100): FNV-1a with the finaliser of MurmurHash3. Kinesis places keys in shards by MD5.
 * Because this hash is independent of MD5, the canary gets the same share of the keys in every shard.
 */
export function keyShare(key: string): number {
  let hash = fnv1a(key);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32) * 100;
}
