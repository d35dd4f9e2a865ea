import type { ServingContract } from '../../../shared/contract/serving-contract.ts';
import { FeatureColumns } from '../../model/feature-columns.ts';
import type { Rejection } from '../rejection.ts';
import { fieldDecoder } from './field-decoder.ts';
import { type JsonObject, parsePayload, uncountedBytes } from './parse-payload.ts';
import { type DecodeFailure, PlainDecoder } from './plain-decoder.ts';
import { SCANNED_BYTES } from './record-bytes.ts';
import { RecordScanner } from './record-scanner.ts';
import { readRequestId } from './request-id.ts';
import { ScanPatience } from './scan-patience.ts';

export type { DecodeFailure } from './plain-decoder.ts';

export interface ApplicationDecoderOptions {
  /** A larger record is invalid (`too_large`) and is not parsed. */
  readonly maximumBytes: number;
}

/** Decodes bytes into the columns of the graph, by the contract of one model. */
export class ApplicationDecoder {
  readonly #contract: ServingContract;
  readonly #plain: PlainDecoder;
  readonly #scanner: RecordScanner;
  readonly #scannedBytes: number;
  readonly #patience = new ScanPatience();
  /** Bodies of HTTP come from other producers than records. */
  readonly #bodyPatience = new ScanPatience();

  constructor(contract: ServingContract, { maximumBytes }: ApplicationDecoderOptions) {
    const decoders = contract.fields.map((field) => fieldDecoder(field, contract.encoding));
    this.#contract = contract;
    this.#plain = new PlainDecoder(contract.fields, decoders, maximumBytes);
    this.#scanner = new RecordScanner(contract, decoders);
    this.#scannedBytes = Math.min(SCANNED_BYTES, maximumBytes, uncountedBytes(maximumBytes));
  }

  columns(capacity: number): FeatureColumns {
    return FeatureColumns.ofCapacity(this.#contract, capacity);
  }

  /**
   * Decodes a record of the stream into `features` at `row`. Keys that the contract does not name are ignored.
   * @returns the request id (empty if the record has none), or why the record is invalid. The caller then reuses the row.
   */
  decode(data: Uint8Array, features: FeatureColumns, row: number): string | DecodeFailure {
    return this.#scan(data, features, row, this.#patience) ?? this.#plain.decode(data, features, row, false);
  }

  /** The same for the body of an HTTP request, which may hold the features alone. */
  decodeBody(data: Uint8Array, features: FeatureColumns, row: number): string | DecodeFailure {
    return (
      this.#scan(data, features, row, this.#bodyPatience) ?? this.#plain.decode(data, features, row, true)
    );
  }

  /** Decodes features that are already parsed, by name. */
  decodeFeatures(input: JsonObject, features: FeatureColumns, row: number): Rejection | undefined {
    return this.#plain.decodeFeatures(input, features, row);
  }

  #scan(data: Uint8Array, features: FeatureColumns, row: number, patience: ScanPatience): string | undefined {
    if (data.length > this.#scannedBytes || !patience.wantsScan) return undefined;
    const requestId = this.#scanner.scan(data, features, row);
    patience.report(requestId !== undefined);
    return requestId;
  }
}

/** The request id of `data`, for a dead letter or for routing. Empty if `data` has no readable request id. */
export function peekRequestId(data: Uint8Array, maximumBytes: number): string {
  const requestId = readRequestId(parsePayload(data, maximumBytes, false).requestId);
  return typeof requestId === 'string' ? requestId : '';
}
