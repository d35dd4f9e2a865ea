import { Refusal } from '../../command-line/usage-error.ts';
import { type DynamoItem, isObject } from './dynamo-items.ts';

const SHOWN_CHARACTERS = 60;

/**
 * Reads the attributes of an item, in both forms: with a type (`{"S": "text"}`, `{"N": "5"}`), as the AWS CLI writes them,
 * or plain, as a document client gives them. Every error names the item and the attribute.
 */
export class Attributes {
  readonly #item: DynamoItem;
  readonly #name: string;

  /** @param name says which item it is, for errors */
  constructor(item: DynamoItem, name: string) {
    this.#item = item;
    this.#name = name;
  }

  /** Undefined if the item lacks the attribute, or has it as NULL. */
  text(attribute: string): string | undefined {
    const value = this.#value(attribute, 'S');
    if (value === undefined || typeof value === 'string') return value;
    throw this.#wrong(attribute, 'a text');
  }

  /** A whole number from 0 on. Undefined if the item lacks the attribute, or has it as NULL. */
  count(attribute: string): number | undefined {
    const value = this.#value(attribute, 'N');
    if (value === undefined) return undefined;
    const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
    if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
    throw this.#wrong(attribute, 'a whole number from 0 on');
  }

  /** @throws Refusal always */
  refuse(attribute: string, rule: string): never {
    throw this.#wrong(attribute, rule);
  }

  #value(attribute: string, type: 'S' | 'N'): unknown {
    const value = this.#item[attribute];
    if (value === undefined || value === null) return undefined;
    if (!isObject(value)) return value;
    if (value.NULL === true) return undefined;
    if (!(type in value)) throw this.#wrong(attribute, `of type ${type}`);
    return value[type];
  }

  #wrong(attribute: string, rule: string): Refusal {
    const value = this.#item[attribute];
    const shown = value === undefined ? 'missing' : JSON.stringify(value).slice(0, SHOWN_CHARACTERS);
    return new Refusal(`${this.#name}: ${attribute} is ${shown}, it must be ${rule}`);
  }
}
