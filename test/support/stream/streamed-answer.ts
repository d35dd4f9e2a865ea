import type { Dispatcher } from 'undici';
import type { Answer, AnswerHandlerOptions } from '../../../services/stream/client/answer-handler.ts';

/** Sends a request with `Dispatcher.request`, and reads its body as a stream: the plain path beside `AnswerHandler`. */
export async function streamedAnswer(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  { signal, assertAllowed, onDate, limitBytes, assertInTime }: AnswerHandlerOptions,
): Promise<Answer> {
  const asking = dispatcher.compose((dispatch) => (options, handler) => {
    const asked = Object.create(handler) as Dispatcher.DispatchHandler;
    asked.onRequestStart = (...event) => {
      assertAllowed?.();
      handler.onRequestStart?.(...event);
    };
    return dispatch(options, asked);
  });
  try {
    const { statusCode, headers, body } = await asking.request({
      ...request,
      signal,
      onInfo: assertInTime,
    } as Dispatcher.RequestOptions);
    onDate(headers.date);
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of body) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > limitBytes(statusCode))
        throw new Error(`the answer is larger than ${limitBytes(statusCode)} bytes`);
      assertInTime();
    }
    return { statusCode, chunks };
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}
