/** An error of the Open Inference Protocol: `{"error": "…"}` with an HTTP status. */
export class InferenceError extends Error {
  override readonly name = 'InferenceError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
