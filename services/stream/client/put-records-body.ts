import { streamMember } from '../../shared/stream-reference.ts';
import type { PutEntry } from './stream-client.ts';

const OPENING = '{"Data":"';
const CLOSING = ']}';
/** The most bytes that UTF-8 needs for one UTF-16 code unit. */
const MOST_BYTES = 3;

/**
 * Writes the body of PutRecords, for at least one entry, into one buffer. Base64 needs no escaping, so the data does not
 * pass through JSON.stringify.
 * @returns the first bytes of the buffer that `allocate` returned
 */
export function putRecordsBody(
  stream: string,
  entries: readonly PutEntry[],
  allocate: (bytes: number) => Buffer,
): Buffer {
  const head = `${JSON.stringify(streamMember(stream)).slice(0, -1)},"Records":[`;
  const keys = entries.map(({ partitionKey }) => `","PartitionKey":${JSON.stringify(partitionKey)}},`);
  const most = entries.reduce(
    (sum, { data }, index) =>
      sum + OPENING.length + base64Length(data.length) + MOST_BYTES * (keys[index] as string).length,
    head.length + CLOSING.length,
  );
  const body = allocate(most);
  let length = body.write(head, 'latin1');
  for (const [index, { data }] of entries.entries()) {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    length += body.write(OPENING, length, 'latin1');
    length += body.write(bytes.toString('base64'), length, 'latin1');
    length += body.write(keys[index] as string, length, 'utf8');
  }
  // The closing brackets replace the last comma.
  length += body.write(CLOSING, length - 1, 'latin1') - 1;
  return body.subarray(0, length);
}

function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}
