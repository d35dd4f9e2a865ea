import type { Field } from '../../../shared/contract/serving-contract.ts';
import type { Column } from '../../model/feature-cell.ts';
import { ExtraKeys } from './extra-keys.ts';
import type { FieldDecoder } from './field-decoder.ts';
import {
  CLOSE_BRACE,
  COMMA,
  endOfText,
  OPEN_BRACE,
  QUOTE,
  skipColon,
  skipSpace,
  UNKNOWN,
} from './json-tokens.ts';
import { KnownText } from './known-text.ts';
import { NamedStrings } from './named-strings.ts';
import type { NumberScanner } from './number-scanner.ts';
import { byteAt, textBetween } from './record-bytes.ts';
import { endOfMissing, skipScalar } from './scalar-scanner.ts';

interface ScannedField {
  readonly index: number;
  readonly key: KnownText;
  readonly decode: FieldDecoder;
  /** Spellings of the values. Undefined for a number. */
  readonly categories: NamedStrings | undefined;
  /** Number of the object that had the field last. */
  seenIn: number;
  /** The field that followed in an earlier object. Producers write the fields in one order. */
  follower: number;
}

/** Reads the features of a record from its bytes. */
export class InputScanner {
  readonly #fields: readonly ScannedField[];
  readonly #names: NamedStrings;
  readonly #numbers: NumberScanner;
  readonly #extraKeys = new ExtraKeys();
  #object = 0;
  #first = 0;

  /** @param decoders one for each field */
  constructor(fields: readonly Field[], decoders: readonly FieldDecoder[], numbers: NumberScanner) {
    this.#fields = fields.map((field, index) => ({
      index,
      key: new KnownText(JSON.stringify(field.name)),
      decode: decoders[index] as FieldDecoder,
      categories: field.type === 'string' ? categoriesOf(field) : undefined,
      seenIn: 0,
      follower: (index + 1) % fields.length,
    }));
    this.#names = new NamedStrings(fields.map(({ name }) => name));
    this.#numbers = numbers;
  }

  /**
   * Writes the features of the object at `start` into `columns`, at index `cell`.
   * @returns index after the object. UNKNOWN if the plain path must decide; the cells may then hold anything.
   */
  scan(start: number, columns: readonly Column[], cell: number): number {
    if (byteAt(start) !== OPEN_BRACE) return UNKNOWN;
    this.#object++;
    this.#extraKeys.clear();
    let present = 0;
    let at = start;
    let previous: ScannedField | undefined;
    do {
      at = skipSpace(at + 1);
      const expected = previous === undefined ? this.#first : previous.follower;
      let field: ScannedField | undefined = this.#fields[expected] as ScannedField;
      if (!field.key.isAt(at)) field = this.#findField(at, previous);
      if (field === undefined) at = this.#skipExtra(at);
      else {
        if (field.seenIn === this.#object) return UNKNOWN;
        field.seenIn = this.#object;
        present++;
        at = this.#scanField(at + field.key.length, field, columns[field.index] as Column, cell);
        previous = field;
      }
      if (at === UNKNOWN) return UNKNOWN;
      at = skipSpace(at);
    } while (byteAt(at) === COMMA);
    if (byteAt(at) !== CLOSE_BRACE) return UNKNOWN;
    return present === this.#fields.length || this.#decodeAbsent(columns, cell) ? at + 1 : UNKNOWN;
  }

  /** The field whose key is at `at`. Undefined if there is none. */
  #findField(at: number, previous: ScannedField | undefined): ScannedField | undefined {
    const name = this.#names.find(at);
    if (name === undefined) return undefined;
    if (previous === undefined) this.#first = name.index;
    else previous.follower = name.index;
    return this.#fields[name.index];
  }

  #skipExtra(at: number): number {
    if (byteAt(at) !== QUOTE) return UNKNOWN;
    const end = endOfText(at + 1);
    if (end === UNKNOWN || !this.#extraKeys.add(at, end)) return UNKNOWN;
    const value = skipColon(end + 1);
    return value === UNKNOWN ? UNKNOWN : skipScalar(value, this.#numbers);
  }

  #scanField(afterKey: number, field: ScannedField, column: Column, cell: number): number {
    const at = skipColon(afterKey);
    if (at === UNKNOWN) return UNKNOWN;
    if (byteAt(at) === QUOTE) return this.#scanText(at, field, column, cell);
    let end = this.#numbers.scan(at);
    let value: number | null = null;
    if (end === UNKNOWN) end = endOfMissing(at);
    else value = this.#numbers.value;
    if (end === UNKNOWN) return UNKNOWN;
    return field.decode(value, column, cell) === undefined ? end : UNKNOWN;
  }

  #scanText(start: number, field: ScannedField, column: Column, cell: number): number {
    if (field.categories !== undefined) {
      const category = field.categories.find(start);
      if (category === undefined || field.decode(category.text, column, cell) !== undefined) return UNKNOWN;
      return start + category.json.length;
    }
    const end = endOfText(start + 1);
    if (end === UNKNOWN) return UNKNOWN;
    return field.decode(textBetween(start + 1, end), column, cell) === undefined ? end + 1 : UNKNOWN;
  }

  #decodeAbsent(columns: readonly Column[], cell: number): boolean {
    for (const field of this.#fields) {
      if (field.seenIn === this.#object) continue;
      if (field.decode(undefined, columns[field.index] as Column, cell) !== undefined) return false;
    }
    return true;
  }
}

function categoriesOf({ values, aliases }: Extract<Field, { type: 'string' }>): NamedStrings {
  return new NamedStrings(['', ...values, ...Object.keys(aliases ?? {})]);
}
