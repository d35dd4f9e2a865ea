import { streamMember } from '../../shared/stream-reference.ts';
import type { PutEntry } from './stream-client.ts';

const OPENING = '{"Data":"';
const KEY = '","PartitionKey":';
const CLOSING = '}]}';
/** From the key of an entry to the data of the next. */
const NEXT = `},${OPENING}`;
/** The most bytes of one UTF-16 code unit in JSON: an escape by number. */
const MOST_BYTES = 6;
/** Text that JSON writes as it is, in ASCII. JSON.stringify needs longer than this check and gives the same. */
const PLAIN = /^[ !#-[\]-~]*$/;

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
  const head = `${JSON.stringify(streamMember(stream)).slice(0, -1)},"Records":[${OPENING}`;
  const body = allocate(head.length + mostBytes(entries));
  let length = body.write(head, 'latin1');
  for (const { data, partitionKey } of entries) {
    length += body.write(asBuffer(data).toString('base64'), length, 'latin1');
    length += PLAIN.test(partitionKey)
      ? body.write(`${KEY}"${partitionKey}"${NEXT}`, length, 'latin1')
      : body.write(`${KEY}${JSON.stringify(partitionKey)}${NEXT}`, length, 'utf8');
  }
  // No entry follows the last.
  length += body.write(CLOSING, length - NEXT.length, 'latin1') - NEXT.length;
  return body.subarray(0, length);
}

/** The most bytes that the entries need. */
function mostBytes(entries: readonly PutEntry[]): number {
  const fixed = KEY.length + '""'.length + NEXT.length;
  let bytes = 0;
  for (const { data, partitionKey } of entries)
    bytes += Math.ceil(data.length / 3) * 4 + fixed + MOST_BYTES * partitionKey.length;
  return bytes;
}

function asBuffer(data: Uint8Array): Buffer {
  return Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
