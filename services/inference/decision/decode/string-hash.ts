import { byteAt, wordAt } from './record-bytes.ts';

/**
 * A signed hash of all bytes of the string whose quotes are at `start` and `end`. A part of the bytes is not enough, because the
 * strings of a list may share any part.
 */
export function stringHash(start: number, end: number): number {
  const lastWord = end - 3;
  // A shorter string has bytes of its own only up to its closing quote.
  if (lastWord < start) return byteAt(start + 1);
  let mixed = end - start;
  for (let at = start; at < lastWord; at += 4) mixed = mix(mixed, wordAt(at));
  return mix(mixed, wordAt(lastWord));
}

function mix(hashed: number, word: number): number {
  const product = Math.imul(hashed ^ word, 0x9e3779b1);
  return product ^ (product >>> 15);
}
