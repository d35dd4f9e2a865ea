import { endOfText, QUOTE, UNKNOWN } from './json-tokens.ts';
import { KnownText } from './known-text.ts';
import { byteAt, loadRecord, SCANNED_BYTES, wordAt } from './record-bytes.ts';

/** A name of a field or a category, with what it stands for. */
export interface NamedString<Value> {
  readonly value: Value;
  /** The string with its quotes. */
  readonly json: KnownText;
  readonly sameBucket: NamedString<Value> | undefined;
}

/** So few strings are compared one by one, which is faster than to hash. */
const FEW = 6;

/** Finds the strings of a contract by their bytes. A string that JSON may not write as it is will not be found. */
export class NamedStrings<Value> {
  readonly #few: readonly NamedString<Value>[];
  readonly #buckets: (NamedString<Value> | undefined)[];

  constructor(strings: readonly (readonly [text: string, value: Value])[]) {
    const all: NamedString<Value>[] = [];
    this.#buckets = new Array(2 ** Math.ceil(Math.log2(2 * strings.length + 1))).fill(undefined);
    for (const [text, value] of strings) {
      const json = JSON.stringify(text);
      const bytes = Buffer.from(json);
      if (json !== `"${text}"` || bytes.length > SCANNED_BYTES) continue;
      loadRecord(bytes);
      const bucket = this.#bucket(0, bytes.length - 1);
      const named = { value, json: new KnownText(json), sameBucket: this.#buckets[bucket] };
      this.#buckets[bucket] = named;
      all.push(named);
    }
    this.#few = all.length <= FEW ? all : [];
  }

  /** @returns undefined if the contract does not name the string of the record at `start` */
  find(start: number): NamedString<Value> | undefined {
    const few = this.#few;
    for (let i = 0; i < few.length; i++) {
      const named = few[i] as NamedString<Value>;
      if (named.json.isAt(start)) return named;
    }
    if (few.length > 0 || byteAt(start) !== QUOTE) return undefined;
    const end = endOfText(start + 1);
    if (end === UNKNOWN) return undefined;
    let named = this.#buckets[this.#bucket(start, end)];
    while (named !== undefined && !named.json.isAt(start)) named = named.sameBucket;
    return named;
  }

  #bucket(start: number, end: number): number {
    return hash(start, end) & (this.#buckets.length - 1);
  }
}

/** A hash of the string's length, start, middle and end, which differ between names of a list such as `feature_001`. */
function hash(start: number, end: number): number {
  const length = end - start;
  // A shorter string has bytes of its own only up to its closing quote.
  if (length < 3) return length + byteAt(start + 1);
  let mixed = mix(length, wordAt(start));
  mixed = mix(mixed, wordAt(start + ((length - 3) >> 1)));
  return mix(mixed, wordAt(end - 3));
}

function mix(hashed: number, word: number): number {
  const product = Math.imul(hashed ^ word, 0x9e3779b1);
  return product ^ (product >>> 15);
}
