import type { PutEntry } from './stream-client.ts';

const OPENING = '{"Data":"';
const CLOSING = ']}';
/** Of UTF-8, for a character of a string. */
const MOST_BYTES = 3;

/**
 * The body of PutRecords for one entry or more, written into one buffer: base64 needs no escaping, so that no JSON text is
 * made of the data.
 * @returns the start of what `allocate` gave
 */
export function putRecordsBody(
  stream: string,
  entries: readonly PutEntry[],
  allocate: (bytes: number) => Buffer,
): Buffer {
  const head = `{"StreamName":${JSON.stringify(stream)},"Records":[`;
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
  // In place of the last comma.
  length += body.write(CLOSING, length - 1, 'latin1') - 1;
  return body.subarray(0, length);
}

function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}
