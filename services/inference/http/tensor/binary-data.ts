import { InferenceError } from '../inference-error.ts';
import { inputRefusal } from './tensor-refusal.ts';

/** Header of requests and answers: bytes of the JSON before the binary data. */
export const JSON_LENGTH_HEADER = 'Inference-Header-Content-Length';

/**
 * Binary data of the inputs, which follow the JSON in the order of the inputs.
 * https://github.com/triton-inference-server/server/tree/main/docs/protocol
 */
export class BinaryData {
  /** The JSON before the binary data. */
  readonly json: Uint8Array;
  readonly #hasHeader: boolean;
  #rest: Uint8Array;

  /**
   * @param jsonLength value of the header, or undefined if the whole body is JSON
   * @throws InferenceError (400) if the header is not a length within the body
   */
  constructor(body: Uint8Array, jsonLength: string | undefined) {
    const length = jsonLength === undefined ? body.length : readLength(jsonLength);
    if (length === undefined || length > body.length) {
      throw new InferenceError(
        400,
        `${JSON_LENGTH_HEADER} must be the length of the JSON in bytes, at most the ${body.length} bytes of the body`,
      );
    }
    this.#hasHeader = jsonLength !== undefined;
    this.json = body.subarray(0, length);
    this.#rest = body.subarray(length);
  }

  /**
   * Takes the data of the next input.
   * @throws InferenceError (400) that names the input if fewer bytes are left
   */
  take(input: string, size: number): Uint8Array {
    if (size > this.#rest.length) {
      const left = `has a binary_data_size of ${size}, but ${this.#rest.length} bytes are left after the JSON`;
      const reason = this.#hasHeader
        ? ' and the inputs before'
        : `: the header ${JSON_LENGTH_HEADER} is missing`;
      throw inputRefusal(input, left + reason);
    }
    const taken = this.#rest.subarray(0, size);
    this.#rest = this.#rest.subarray(size);
    return taken;
  }

  /** @throws InferenceError (400) if bytes are left that no input takes */
  end(lastInput: string): void {
    if (this.#rest.length === 0) return;
    throw inputRefusal(
      lastInput,
      `is the last input, and ${this.#rest.length} bytes follow its data: every byte must belong to an input`,
    );
  }
}

function readLength(text: string): number | undefined {
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}
