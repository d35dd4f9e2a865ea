/** No model is loaded, or it cannot decide: trying again later may help. */
export class NoModelError extends Error {
  override readonly name = 'NoModelError';
}
