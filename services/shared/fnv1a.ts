const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/**
 * The 32-bit FNV-1a hash of the text's UTF-16 code units, as an unsigned number. Use it to group keys independently of
 * Kinesis, which places a key in a shard by MD5. The values must not change: they decide which model an applicant meets.
 */
export function fnv1a(text: string): number {
  let hash = OFFSET_BASIS;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), PRIME);
  }
  return hash >>> 0;
}
