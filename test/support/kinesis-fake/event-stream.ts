import { EventStreamCodec } from '@smithy/core/event-streams';

export const EVENT_STREAM_TYPE = 'application/vnd.amazon.eventstream';

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString(),
  (text) => Buffer.from(text),
);

/** A message of application/vnd.amazon.eventstream. */
export function eventFrame(type: string, json: string): Uint8Array {
  return frame({ ':message-type': 'event', ':event-type': type }, json);
}

/** The message with which Kinesis ends a stream that fails. */
export function exceptionFrame(type: string, message: string): Uint8Array {
  return frame({ ':message-type': 'exception', ':exception-type': type }, JSON.stringify({ message }));
}

function frame(headers: Readonly<Record<string, string>>, json: string): Uint8Array {
  const all = { ...headers, ':content-type': 'application/x-amz-json-1.1' };
  const typed = Object.entries(all).map(([name, value]) => [name, { type: 'string', value }] as const);
  return codec.encode({ headers: Object.fromEntries(typed), body: Buffer.from(json) });
}
