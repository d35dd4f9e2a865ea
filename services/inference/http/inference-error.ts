/** An answer of the Open Inference Protocol that is not a result: `{"error": "…"}` under an HTTP status. */
export class InferenceError extends Error {
  override readonly name = 'InferenceError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
