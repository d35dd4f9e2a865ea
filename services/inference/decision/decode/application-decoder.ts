import type { ServingContract } from '../../../shared/contract/serving-contract.ts';
import type { Column } from '../../model/feature-cell.ts';
import { FeatureColumns } from '../../model/feature-columns.ts';
import type { Rejection } from '../rejection.ts';
import { type FieldDecoder, fieldDecoder, quoteValue } from './field-decoder.ts';
import { type JsonObject, parsePayload } from './parse-payload.ts';

export interface ApplicationDecoderOptions {
  /** A larger record is invalid (`too_large`) and is not parsed. */
  readonly maximumBytes: number;
}

export interface DecodeFailure {
  readonly rejection: Rejection;
  /** Empty if the record has no readable request id. */
  readonly requestId: string;
}

interface CompiledField {
  readonly name: string;
  readonly decode: FieldDecoder;
}

/** Longest partition key of Kinesis, in characters. The request id becomes the partition key of the decision. */
export const REQUEST_ID_CHARACTERS = 256;

/** Decodes bytes into the columns of the graph, by the contract of one model. */
export class ApplicationDecoder {
  readonly #contract: ServingContract;
  readonly #maximumBytes: number;
  readonly #fields: readonly CompiledField[];

  constructor(contract: ServingContract, options: ApplicationDecoderOptions) {
    this.#contract = contract;
    this.#maximumBytes = options.maximumBytes;
    this.#fields = contract.fields.map((field) => ({
      name: field.name,
      decode: fieldDecoder(field, contract.encoding),
    }));
  }

  columns(capacity: number): FeatureColumns {
    return FeatureColumns.ofCapacity(this.#contract, capacity);
  }

  /**
   * Decodes a record of the stream into `features` at `row`. Keys that the contract does not name are ignored.
   * @returns the request id (empty if the record has none), or why the record is invalid. The caller then reuses the row.
   */
  decode(data: Uint8Array, features: FeatureColumns, row: number): string | DecodeFailure {
    return this.#decode(data, features, row, false);
  }

  /** The same for the body of an HTTP request, which may hold the features alone. */
  decodeBody(data: Uint8Array, features: FeatureColumns, row: number): string | DecodeFailure {
    return this.#decode(data, features, row, true);
  }

  #decode(data: Uint8Array, features: FeatureColumns, row: number, flat: boolean): string | DecodeFailure {
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
      const field = this.#fields[index] as CompiledField;
      const rejection = field.decode(input[field.name], features.columns[index] as Column, at);
      if (rejection) return rejection;
    }
    return undefined;
  }
}

/** The request id of `data`, for a dead letter or for routing. Empty if `data` has no readable request id. */
export function peekRequestId(data: Uint8Array, maximumBytes: number): string {
  const requestId = readRequestId(parsePayload(data, maximumBytes, false).requestId);
  return typeof requestId === 'string' ? requestId : '';
}

function readRequestId(value: unknown): string | Rejection {
  if (value === undefined || value === null) return '';
  // JSON.parse rounds whole numbers above 2^53, so such an id would not be the id that was sent.
  if (Number.isSafeInteger(value)) return String(value);
  if (typeof value === 'string' && value.length <= REQUEST_ID_CHARACTERS && value.isWellFormed())
    return value;
  return {
    code: 'invalid_envelope',
    field: 'request_id',
    message: `request_id is ${quoteValue(value)}: it must be a text of at most ${REQUEST_ID_CHARACTERS} characters or a whole number below 2^53`,
  };
}
