import type { Field } from '../../../shared/contract/serving-contract.ts';
import type { Column } from '../../model/feature-cell.ts';
import type { FeatureColumns } from '../../model/feature-columns.ts';
import type { Rejection } from '../rejection.ts';
import type { FieldDecoder } from './field-decoder.ts';
import { type JsonObject, parsePayload } from './parse-payload.ts';
import { readRequestId } from './request-id.ts';

export interface DecodeFailure {
  readonly rejection: Rejection;
  /** Empty if the record has no readable request id. */
  readonly requestId: string;
}

interface CompiledField {
  readonly name: string;
  /** True if every object inherits a value of this name, which is not a value of the record. */
  readonly inherited: boolean;
  readonly decode: FieldDecoder;
}

/** Decodes by JSON.parse. It knows every record, and alone may refuse a record. */
export class PlainDecoder {
  readonly #fields: readonly CompiledField[];
  readonly #maximumBytes: number;

  /** @param decoders one for each field */
  constructor(fields: readonly Field[], decoders: readonly FieldDecoder[], maximumBytes: number) {
    this.#fields = fields.map(({ name }, index) => ({
      name,
      inherited: name in Object.prototype,
      decode: decoders[index] as FieldDecoder,
    }));
    this.#maximumBytes = maximumBytes;
  }

  /** @param flat true if the record may be the features alone */
  decode(data: Uint8Array, features: FeatureColumns, row: number, flat: boolean): string | DecodeFailure {
    const payload = parsePayload(data, this.#maximumBytes, flat);
    const requestId = readRequestId(payload.requestId);
    if (payload.rejection) {
      return { rejection: payload.rejection, requestId: typeof requestId === 'string' ? requestId : '' };
    }
    if (typeof requestId !== 'string') return { rejection: requestId, requestId: '' };
    const rejection = this.decodeFeatures(payload.features, features, row);
    return rejection ? { rejection, requestId } : requestId;
  }

  /** Decodes features that are already parsed, by name. */
  decodeFeatures(input: JsonObject, features: FeatureColumns, row: number): Rejection | undefined {
    const at = row * features.stride;
    for (let index = 0; index < this.#fields.length; index++) {
      const { name, inherited, decode } = this.#fields[index] as CompiledField;
      const value = inherited && !Object.hasOwn(input, name) ? undefined : input[name];
      const rejection = decode(value, features.columns[index] as Column, at);
      if (rejection) return rejection;
    }
    return undefined;
  }
}
