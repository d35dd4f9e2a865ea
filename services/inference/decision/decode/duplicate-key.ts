import { endOfString } from './json-text.ts';

const QUOTE = 0x22;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = '\\';
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** A key that an object has more than once. `JSON.parse` keeps the last value and says nothing. */
export interface DuplicateKey {
  readonly key: string;
  /** True if the key is in `input`, false if the key is in the envelope. */
  readonly inInput: boolean;
}

/**
 * Finds a key that the envelope or its `input` has more than once. Two spellings of a key are the same key if their
 * escapes stand for the same characters. Nested values are not searched, because nobody reads them.
 * @param text the JSON text of `envelope`
 */
export function findDuplicateKey(text: string, envelope: object): DuplicateKey | undefined {
  const { input } = envelope as { readonly input?: unknown };
  const features = typeof input === 'object' && input !== null && !Array.isArray(input) ? input : {};
  const parsed = countKeys(envelope) + countKeys(features);
  // Each key has a colon, and the colon follows a quote. Most records have no other colon, or none after a quote.
  if (!hasMoreColons(text, parsed) || !hasMoreColonsAfterQuote(text, parsed)) return undefined;
  let written = 0;
  walkKeys(text, () => {
    written++;
  });
  return written > parsed ? firstRepeated(text) : undefined;
}

/**
 * Number of keys that JSON.parse made. Less than any number if a key is a backslash, so that the text is searched then:
 * V8 13.6 (Node 24) may read a key of one escaped character as a backslash.
 */
function countKeys(object: object): number {
  let keys = 0;
  for (const key in object) {
    if (key === BACKSLASH) return Number.NEGATIVE_INFINITY;
    keys++;
  }
  return keys;
}

function hasMoreColons(text: string, limit: number): boolean {
  let colons = 0;
  for (let colon = text.indexOf(':'); colon !== -1; colon = text.indexOf(':', colon + 1)) {
    if (++colons > limit) return true;
  }
  return false;
}

function hasMoreColonsAfterQuote(text: string, limit: number): boolean {
  let colons = 0;
  for (let colon = text.indexOf(':'); colon !== -1; colon = text.indexOf(':', colon + 1)) {
    if (followsQuote(text, colon) && ++colons > limit) return true;
  }
  return false;
}

function followsQuote(text: string, index: number): boolean {
  let before = text.charCodeAt(index - 1);
  for (let at = index - 2; before === 0x20 || before === 0x0a || before === 0x0d || before === 0x09; at--) {
    before = text.charCodeAt(at);
  }
  return before === QUOTE;
}

function firstRepeated(text: string): DuplicateKey | undefined {
  const envelope = new Set<string>();
  const input = new Set<string>();
  let found: DuplicateKey | undefined;
  walkKeys(text, (start, end, inInput) => {
    const key = readKey(text, start, end);
    const seen = inInput ? input : envelope;
    if (found === undefined && seen.has(key)) found = { key, inInput };
    seen.add(key);
  });
  return found;
}

/** Calls `visit` for each key of the envelope and of `input`, with the range of the key's string in the text. */
function walkKeys(text: string, visit: (start: number, end: number, inInput: boolean) => void): void {
  let depth = 0;
  let inInput = false;
  let start = 0;
  let end = 0;
  for (let index = 0; index < text.length; index++) {
    switch (text.charCodeAt(index)) {
      case QUOTE:
        start = index;
        end = endOfString(text, index);
        index = end - 1;
        break;
      case COLON:
        if (depth === 1) {
          visit(start, end, false);
          inInput = readKey(text, start, end) === 'input';
        } else if (depth === 2 && inInput) visit(start, end, true);
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth++;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth--;
        break;
    }
  }
}

function readKey(text: string, start: number, end: number): string {
  const written = text.slice(start + 1, end - 1);
  return written.includes(BACKSLASH) ? JSON.parse(text.slice(start, end)) : written;
}
