import { retry } from '../../services/shared/backoff.ts';
import type { Clock } from '../../services/shared/clock.ts';
import type { StreamClient } from '../../services/stream/client/stream-client.ts';
import { isStreamError } from '../../services/stream/client/stream-error.ts';

const BACKOFF = { baseMilliseconds: 200, maximumMilliseconds: 2_000 };
const MOST_RETRIES = 8;

/** Tries reads again that were throttled or got no answer. Writes are not repeated: their callers decide. */
export function patientClient(client: StreamClient, clock: Clock): StreamClient {
  const patiently = <T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> => {
    let retries = 0;
    const isRetryable = (error: unknown) =>
      (isStreamError(error, 'throttled') || isStreamError(error, 'unavailable')) && ++retries <= MOST_RETRIES;
    return retry(call, { ...BACKOFF, clock, signal, isRetryable });
  };
  return {
    nowMilliseconds: () => client.nowMilliseconds(),
    endpoint: (stream) => client.endpoint(stream),
    describe: (stream, signal) => patiently(() => client.describe(stream, signal), signal),
    listShards: (stream, signal) => patiently(() => client.listShards(stream, signal), signal),
    iterator: (stream, shardId, start, signal) =>
      patiently(() => client.iterator(stream, shardId, start, signal), signal),
    read: (stream, iterator, limit, signal) =>
      patiently(() => client.read(stream, iterator, limit, signal), signal),
    put: (stream, entries, signal) => client.put(stream, entries, signal),
    place: (stream, entries, signal) => client.place(stream, entries, signal),
    close: () => client.close(),
  };
}
