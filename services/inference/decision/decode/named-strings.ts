import { endOfText, QUOTE, UNKNOWN } from './json-tokens.ts';
import { KnownText } from './known-text.ts';
import { byteAt, loadRecord, SCANNED_BYTES } from './record-bytes.ts';
import { stringHash } from './string-hash.ts';

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
      const bucket = this.#bucket(stringHash(0, bytes.length - 1));
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
    return end === UNKNOWN ? undefined : this.findHashed(start, stringHash(start, end));
  }

  /** The same if the caller needs the hash of the string anyway. */
  findHashed(start: number, hash: number): NamedString<Value> | undefined {
    let named = this.#buckets[this.#bucket(hash)];
    while (named !== undefined && !named.json.isAt(start)) named = named.sameBucket;
    return named;
  }

  #bucket(hash: number): number {
    return hash & (this.#buckets.length - 1);
  }
}
