import type { Dispatcher } from 'undici';
import type { AssertAllowed } from './stream-client.ts';

type Controller = Dispatcher.DispatchController;
type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

export interface Answer {
  readonly statusCode: number;
  /** The body, in the pieces in which it arrived. */
  readonly chunks: readonly Buffer[];
}

export interface AnswerHandlerOptions {
  readonly signal: AbortSignal;
  /** Asked at the moment at which the request goes to its socket. Until then it may have waited for a connection. */
  readonly assertAllowed: AssertAllowed | undefined;
  /** Called once the headers are there. */
  readonly onDate: (date: unknown) => void;
  /** Largest body of an answer with this status code, in bytes. */
  readonly limitBytes: (statusCode: number) => number;
  /** Called at each interim answer and at each piece of the body. Throws if the whole answer takes too long. */
  readonly assertInTime: () => void;
}

/**
 * Gathers the answer to one request of undici. `Dispatcher.request` would make a stream for the body, which costs more CPU
 * time than a small answer.
 */
export class AnswerHandler implements Dispatcher.DispatchHandler {
  /** Rejects with the error of the connection, with what a limit threw, or with the signal's reason. */
  readonly answer: Promise<Answer>;
  readonly #options: AnswerHandlerOptions;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: unknown) => void;
  readonly #chunks: Buffer[] = [];
  #controller: Controller | undefined;
  #statusCode = 0;
  #limitBytes = 0;
  #bytes = 0;

  constructor(options: AnswerHandlerOptions) {
    this.#options = options;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.answer = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    options.signal.addEventListener('abort', this);
  }

  /** Of the signal. */
  handleEvent(): void {
    const { reason } = this.#options.signal;
    this.#reject(reason);
    this.#controller?.abort(reason);
    this.#end();
  }

  /** undici reports what this throws as the error of the request, and sends nothing. */
  onRequestStart(controller: Controller): void {
    const { signal, assertAllowed } = this.#options;
    signal.throwIfAborted();
    assertAllowed?.();
    this.#controller = controller;
  }

  /** undici ends the connection if this throws, and reports what was thrown as the error of the request. */
  onResponseStart(_: Controller, statusCode: number, { date }: Headers): void {
    if (statusCode < 200) {
      // undici's time-out begins anew with each interim answer, of which a server may send any number.
      this.#options.assertInTime();
      return;
    }
    this.#statusCode = statusCode;
    this.#limitBytes = this.#options.limitBytes(statusCode);
    this.#options.onDate(date);
  }

  /** As `onResponseStart`. */
  onResponseData(_: Controller, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#limitBytes)
      throw new Error(`the answer is larger than ${this.#limitBytes} bytes`);
    this.#options.assertInTime();
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#end();
    this.#resolve({ statusCode: this.#statusCode, chunks: this.#chunks });
  }

  onResponseError(_: Controller, error: Error): void {
    this.#end();
    this.#reject(error);
  }

  #end(): void {
    this.#options.signal.removeEventListener('abort', this);
  }
}
