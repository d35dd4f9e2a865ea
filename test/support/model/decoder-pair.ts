import { expect } from '@jest/globals';
import { ApplicationDecoder } from '../../../services/inference/decision/decode/application-decoder.ts';
import { fieldDecoder } from '../../../services/inference/decision/decode/field-decoder.ts';
import { uncountedBytes } from '../../../services/inference/decision/decode/parse-payload.ts';
import { PlainDecoder } from '../../../services/inference/decision/decode/plain-decoder.ts';
import { SCANNED_BYTES } from '../../../services/inference/decision/decode/record-bytes.ts';
import { RecordScanner } from '../../../services/inference/decision/decode/record-scanner.ts';
import { FeatureColumns } from '../../../services/inference/model/feature-columns.ts';
import type { ServingContract } from '../../../services/shared/contract/serving-contract.ts';

const MAXIMUM_BYTES = 256 * 1024;
const ROW = 1;

/** Decodes by the scanner first, and by the plain path alone. */
export class DecoderPair {
  readonly #fast: ApplicationDecoder;
  readonly #plain: PlainDecoder;
  readonly #scanner: RecordScanner;
  readonly #contract: ServingContract;
  readonly #scannedBytes: number;

  constructor(contract: ServingContract, maximumBytes = MAXIMUM_BYTES) {
    const decoders = contract.fields.map((field) => fieldDecoder(field, contract.encoding));
    this.#contract = contract;
    this.#scannedBytes = Math.min(SCANNED_BYTES, maximumBytes, uncountedBytes(maximumBytes));
    this.#fast = new ApplicationDecoder(contract, { maximumBytes });
    this.#plain = new PlainDecoder(contract.fields, decoders, maximumBytes);
    this.#scanner = new RecordScanner(contract, decoders);
  }

  /** True if the scanner decodes `data` by itself. */
  scans(data: Uint8Array): boolean {
    return this.#scanner.scan(data, FeatureColumns.ofCapacity(this.#contract, ROW + 1), ROW) !== undefined;
  }

  /** @throws if the two differ in the result, or in any cell */
  compare(data: Uint8Array): void {
    for (const flat of [false, true]) {
      const fastColumns = FeatureColumns.ofCapacity(this.#contract, ROW + 2);
      const plainColumns = FeatureColumns.ofCapacity(this.#contract, ROW + 2);
      // The decoder stops scanning after many records in vain, so its scanner is asked first.
      const scanned =
        data.length <= this.#scannedBytes && !flat ? this.#scanner.scan(data, fastColumns, ROW) : undefined;
      const fast =
        scanned ??
        (flat ? this.#fast.decodeBody(data, fastColumns, ROW) : this.#fast.decode(data, fastColumns, ROW));
      const plain = this.#plain.decode(data, plainColumns, ROW, flat);
      const cells = typeof plain === 'string' ? cellsOf(plainColumns) : [];
      const same = typeof plain === 'string' ? fast === plain : isSameFailure(fast, plain);
      const sameCells = cellsOf(fastColumns).every(
        (cell, at) => cells.length === 0 || Object.is(cell, cells[at]),
      );
      if (!same || !sameCells) {
        expect({ fast, cells: cellsOf(fastColumns) }).toEqual({ fast: plain, cells });
        throw new Error('the two differ in a sign of zero');
      }
    }
  }
}

function isSameFailure(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function cellsOf({ columns, stride }: FeatureColumns): readonly (string | number | undefined)[] {
  return [0, 1, 2].flatMap((row) => columns.map((column) => column[row * stride]));
}
