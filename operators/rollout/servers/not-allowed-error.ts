/** The operator sent nothing, because it may not call the server. */
export class NotAllowedError extends Error {
  override readonly name = 'NotAllowedError';
}
