import type { Field } from '../../../shared/contract/serving-contract.ts';
import type { Cell, Column } from '../../model/feature-cell.ts';
import { FeatureColumns, type FeatureLayout } from '../../model/feature-columns.ts';
import { ExtraKeys, LONGEST_KEY } from './extra-keys.ts';
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
import { byteAt, spend, textBetween } from './record-bytes.ts';
import { endOfMissing, skipScalar } from './scalar-scanner.ts';
import { stringHash } from './string-hash.ts';

interface ScannedField {
  readonly index: number;
  /** The name with its quotes and colon. */
  readonly key: KnownText;
  readonly decode: FieldDecoder;
  /** The cell of each spelling of a category. Undefined for a number, and for a category that the decoder looks up. */
  readonly categories: NamedStrings<Cell> | undefined;
  /** Number of the object that had the field last. */
  seenIn: number;
  /** The field that followed in an earlier object. Producers write the fields in one order. */
  follower: number;
}

/** So many spellings of categories are compiled. A contract may have a million, which would need seconds and much memory. */
const COMPILED_SPELLINGS = 4096;

/** To make a text of bytes. */
const STEPS_OF_TEXT = 32;

/** So many fields in a row may be missing before the next one is looked up by its name. */
const TRIES = 3;

/** Reads the features of a record from its bytes. */
export class InputScanner {
  readonly #fields: readonly ScannedField[];
  readonly #names: NamedStrings<number>;
  /** No key that is longer is hashed. In bytes. */
  readonly #longestKey: number;
  readonly #numbers: NumberScanner;
  readonly #extraKeys = new ExtraKeys();
  #object = 0;
  #first = 0;

  /** @param decoders one for each field */
  constructor(layout: FeatureLayout, decoders: readonly FieldDecoder[], numbers: NumberScanner) {
    const { fields } = layout;
    const { columns } = FeatureColumns.ofCapacity(layout, 1);
    let room = COMPILED_SPELLINGS;
    this.#fields = fields.map((field, index) => {
      const decode = decoders[index] as FieldDecoder;
      const key = new KnownText(`${JSON.stringify(field.name)}:`);
      const spellings = spellingsOf(field);
      const isCompiled = spellings.length > 0 && spellings.length <= room;
      if (isCompiled) room -= spellings.length;
      const categories = isCompiled ? categoriesOf(spellings, decode, columns[index] as Column) : undefined;
      return { index, key, decode, categories, seenIn: 0, follower: (index + 1) % fields.length };
    });
    this.#longestKey = this.#fields.reduce((longest, { key }) => Math.max(longest, key.length), LONGEST_KEY);
    this.#names = new NamedStrings(fields.map(({ name }, index) => [name, index]));
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
      let field = this.#expected(at, previous);
      if (field !== undefined) at = skipSpace(at + field.key.length);
      else {
        const end = byteAt(at) === QUOTE ? endOfText(at + 1) : UNKNOWN;
        if (end === UNKNOWN || end - at > this.#longestKey) return UNKNOWN;
        const hash = stringHash(at, end);
        const name = this.#names.findHashed(at, hash);
        if (name !== undefined) field = this.#follow(previous, name.value);
        else if (!this.#extraKeys.add(end + 1 - at, hash)) return UNKNOWN;
        at = skipColon(end + 1);
        if (at === UNKNOWN) return UNKNOWN;
      }
      if (field === undefined) at = skipScalar(at, this.#numbers);
      else {
        if (field.seenIn === this.#object) return UNKNOWN;
        field.seenIn = this.#object;
        present++;
        at = this.#scanField(at, field, columns[field.index] as Column, cell);
        previous = field;
      }
      if (at === UNKNOWN) return UNKNOWN;
      at = skipSpace(at);
    } while (byteAt(at) === COMMA);
    if (byteAt(at) !== CLOSE_BRACE) return UNKNOWN;
    return present === this.#fields.length || this.#decodeAbsent(columns, cell) ? at + 1 : UNKNOWN;
  }

  /** The field whose key is at `at`, if it is one of those that followed `previous` in earlier objects. */
  #expected(at: number, previous: ScannedField | undefined): ScannedField | undefined {
    let field = this.#fields[previous === undefined ? this.#first : previous.follower] as ScannedField;
    for (let tries = 0; tries < TRIES; tries++) {
      if (field.key.isAt(at)) return field;
      field = this.#fields[field.follower] as ScannedField;
    }
    return undefined;
  }

  /** The field at `index`, which is expected after `previous` from now on. */
  #follow(previous: ScannedField | undefined, index: number): ScannedField | undefined {
    if (previous === undefined) this.#first = index;
    else previous.follower = index;
    return this.#fields[index];
  }

  #scanField(at: number, field: ScannedField, column: Column, cell: number): number {
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
      if (category === undefined) return UNKNOWN;
      column[cell] = category.value;
      return start + category.json.length;
    }
    const end = endOfText(start + 1);
    if (end === UNKNOWN || !spend(STEPS_OF_TEXT)) return UNKNOWN;
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

function spellingsOf(field: Field): readonly string[] {
  return field.type === 'string' ? ['', ...field.values, ...Object.keys(field.aliases ?? {})] : [];
}

/** The decoder says once what it makes of each spelling, so that no record needs to ask. */
function categoriesOf(
  spellings: readonly string[],
  decode: FieldDecoder,
  column: Column,
): NamedStrings<Cell> {
  const cells: [string, Cell][] = [];
  for (const text of spellings) {
    if (decode(text, column, 0) === undefined) cells.push([text, column[0] as Cell]);
  }
  return new NamedStrings(cells);
}
