import type { Dispatcher } from 'undici';
import type { AssertAllowed } from './stream-client.ts';

type Handler = Required<
  Pick<
    Dispatcher.DispatchHandler,
    'onRequestStart' | 'onResponseStart' | 'onResponseData' | 'onResponseEnd' | 'onResponseError'
  >
>;
type Arguments<Event extends keyof Handler> = Parameters<Handler[Event]>;

/** Asks at the moment at which the request goes to its socket. Until then the request may have waited for a connection. */
class AskingHandler implements Handler {
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #assertAllowed: AssertAllowed;

  constructor(handler: Dispatcher.DispatchHandler, assertAllowed: AssertAllowed) {
    this.#handler = handler;
    this.#assertAllowed = assertAllowed;
  }

  /** undici reports what this throws as the error of the request, and sends nothing. */
  onRequestStart(...event: Arguments<'onRequestStart'>): void {
    this.#assertAllowed();
    this.#handler.onRequestStart?.(...event);
  }

  onResponseStart(...event: Arguments<'onResponseStart'>): void {
    this.#handler.onResponseStart?.(...event);
  }

  onResponseData(...event: Arguments<'onResponseData'>): void {
    this.#handler.onResponseData?.(...event);
  }

  onResponseEnd(...event: Arguments<'onResponseEnd'>): void {
    this.#handler.onResponseEnd?.(...event);
  }

  onResponseError(...event: Arguments<'onResponseError'>): void {
    this.#handler.onResponseError?.(...event);
  }
}

export function askingFirst(assertAllowed: AssertAllowed): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => dispatch(options, new AskingHandler(handler, assertAllowed));
}
